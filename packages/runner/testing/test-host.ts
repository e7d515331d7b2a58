import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type {
  Deployment,
  InvocationListener,
  InvocationResult,
  RunInvocation,
  RunnerEvent,
  StepInvocation,
} from "../src/index.ts";
import { RunnerHost, type RunnerHostOptions } from "../src/index.ts";

export type TestHostOptions = Partial<RunnerHostOptions>;

/** Code of a source whose `run(event)` has the given body; `setup` stands before it at module level. */
export function sourceCode(body: string, setup = ""): string {
  return `${setup}
export default {
  key: "test", name: "Test", version: "0.0.1", type: "source",
  props: { db: "$.service.db", http: { type: "$.interface.http", customResponse: true } },
  async run(event) { ${body} },
};`;
}

/** A runner host in a directory of its own; disposing of it ends its processes and removes the directory. */
export class TestHost {
  readonly host: RunnerHost;
  readonly events: RunnerEvent[];
  readonly dir: string;
  #count = 0;

  private constructor(host: RunnerHost, dir: string, events: RunnerEvent[]) {
    this.host = host;
    this.dir = dir;
    this.events = events;
  }

  static async start(options: TestHostOptions = {}): Promise<TestHost> {
    const dir = await mkdtemp(join(tmpdir(), "runner-"));
    await chmod(dir, 0o711);
    const events: RunnerEvent[] = [];
    const starting = RunnerHost.start({
      workDir: dir,
      nodePath: process.execPath,
      egress: { allow: [] },
      blankCount: 1,
      onEvent: (event) => void events.push(event),
      ...options,
    });
    const host = await starting.catch(async (error: unknown) => {
      await rm(dir, { recursive: true, force: true });
      throw error;
    });
    return new TestHost(host, dir, events);
  }

  /** A deployment with an id of its own. */
  deploy(code: string, overrides: Partial<Deployment> = {}): Deployment {
    const id = `dc_${this.#count++}:1`;
    return { id, orgId: "o_test", bundle: { code, dependencyDir: null }, memoryMb: 256, env: {}, ...overrides };
  }

  /** Runs a deployment, by default with an empty event and 10 s of time. */
  run(
    deployment: Deployment,
    overrides: Partial<RunInvocation> = {},
    listener?: InvocationListener,
  ): Promise<InvocationResult> {
    const id = `run_${this.#count++}`;
    const empty = { props: {}, auths: {}, endpoints: {}, db: {} };
    const invocation = { kind: "run", id, ...empty, timeoutMs: 10_000, event: "{}", ...overrides } as const;
    return this.host.invoke(deployment, invocation, listener);
  }

  /** Runs a body once in a new deployment. */
  runBody(body: string, overrides: Partial<RunInvocation> = {}): Promise<InvocationResult> {
    return this.run(this.deploy(sourceCode(body)), overrides);
  }

  /** A workflow of scripts with an id of its own. */
  deployScripts(overrides: Partial<Deployment> = {}): Deployment {
    return { ...this.deploy("", overrides), bundle: null, modules: {}, needsSystem: true, ...overrides };
  }

  /** Runs a script as a step called `code`, by default without inputs and with 10 s of time. */
  runScript(
    deployment: Deployment,
    step: Partial<StepInvocation> & Pick<StepInvocation, "lang" | "code">,
    listener?: InvocationListener,
  ): Promise<InvocationResult> {
    const id = `run_${this.#count++}`;
    const empty = { props: {}, auths: {}, endpoints: {}, db: {}, context: {}, envVars: {}, flowUrls: null };
    const invocation = {
      kind: "step",
      id,
      ...empty,
      ...{ module: "code", steps: "{}", isCodeStep: true, timeoutMs: 10_000 },
      ...step,
    } as const;
    return this.host.invoke(deployment, invocation, listener);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.host.stop();
    await rm(this.dir, { recursive: true, force: true });
  }
}
