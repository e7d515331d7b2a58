import { encodeFrame, FrameDecoder } from "../frames.ts";
import type {
  ComponentDefinition,
  ComponentInvocation,
  Emit,
  HttpResponse,
  InvocationBase,
  Json,
  JsonObject,
  Observation,
} from "../invocation.ts";
import type { CallMethod, StepInvocation } from "../step.ts";
import { FrameType } from "../messages.ts";
import type { LatePayload, PartialPayload, RespondPayload, ResultPayload, RpcPayload } from "../messages.ts";
import { ErrorReporter } from "./execution/index.ts";
import { Languages } from "./languages/index.ts";
import { Session } from "./session.ts";

type Defaulted = "id" | "props" | "auths" | "endpoints" | "db" | "timeoutMs";
type WithDefaults<I> = I extends InvocationBase ? Omit<I, Defaulted> & Partial<Pick<I, Defaulted>> : never;
/** An invocation of which a test names only what it is about. */
export type TestInvocation = WithDefaults<ComponentInvocation | StepInvocation>;

type RunDetails = Partial<Omit<Extract<TestInvocation, { kind: "run" }>, "kind" | "event">>;

type StepDetails = Partial<Omit<Extract<TestInvocation, { kind: "step" }>, "kind" | "steps">>;
type AnswerCall = (method: CallMethod, params: JsonObject) => Json | Promise<Json>;

export type LoadAnswer = { definition: ComponentDefinition } | { message: string; stack?: string };

/** Result of one invocation with all its partial frames joined. */
export interface Outcome extends ResultPayload {
  responses: HttpResponse[];
  partials: number;
}

const STEP_DEFAULTS = {
  module: "code",
  lang: "nodejs",
  context: {},
  envVars: {},
  isCodeStep: true,
  flowUrls: { resumeUrl: "https://api.test/resume", cancelUrl: "https://api.test/cancel" },
} as const;

type Accept = (type: number, invocation: number, payload: unknown) => boolean;
interface Waiter {
  accept: Accept;
  resolve(payload: unknown): void;
  reject(error: Error): void;
}

/** The parent's side of the conversation: sends frames, and waits for what comes back. */
export class TestClient {
  readonly late: LatePayload[] = [];
  /** Answers what user code asks of the server. */
  answerCall: AnswerCall | null = null;
  readonly #write: (frame: Buffer) => void;
  readonly #decoder = new FrameDecoder();
  readonly #waiters = new Set<Waiter>();
  #nextNumber = 1;

  constructor(write: (frame: Buffer) => void) {
    this.#write = write;
  }

  /** A session in this very process: no console or process guards, but quick. */
  static async inProcess(code: string): Promise<TestClient> {
    const client = TestClient.#start();
    await client.mustLoad(code);
    return client;
  }

  /** As `inProcess`, with a workflow of Node steps; one code is that of the step `code`. */
  static async workflow(modules: string | Record<string, string>): Promise<TestClient> {
    const client = TestClient.#start();
    await client.loadModules(typeof modules === "string" ? { code: modules } : modules);
    return client;
  }

  static #start(): TestClient {
    const toSession = new FrameDecoder();
    const client: TestClient = new TestClient((bytes) => {
      for (const frame of toSession.push(bytes)) session.handle(frame);
    });
    const send = (head: { type: number; invocation: number }, payload: unknown) =>
      client.receive(encodeFrame(head, payload));
    // Each component needs an address of its own, since modules are loaded once per address.
    const homeDir = `/component-${Math.random().toString(36).slice(2)}`;
    const languages = new Languages({
      ...{ egressSocket: null, hasOwnLoopback: false, workDir: homeDir, memoryMb: 256, wrapper: [] },
    });
    const session = new Session({ reporter: new ErrorReporter(import.meta.filename), homeDir, languages, send });
    return client;
  }

  receive(bytes: Buffer): void {
    for (const frame of this.#decoder.push(bytes)) {
      const payload = JSON.parse(frame.body.toString()) as unknown;
      if (frame.type === FrameType.late) this.late.push(payload as LatePayload);
      if (frame.type === FrameType.rpc) void this.#answer(frame.invocation, payload as RpcPayload);
      for (const waiter of [...this.#waiters]) {
        if (!waiter.accept(frame.type, frame.invocation, payload)) continue;
        this.#waiters.delete(waiter);
        waiter.resolve(payload);
        break;
      }
    }
  }

  async #answer(invocation: number, { call, method, params }: RpcPayload): Promise<void> {
    try {
      const result = await this.answerCall?.(method as CallMethod, params as JsonObject);
      this.send(FrameType.rpcReply, { call, result: result ?? null }, invocation);
    } catch (error) {
      const { name, message } = error as Error;
      this.send(FrameType.rpcReply, { call, error: { name, message } }, invocation);
    }
  }

  /** The other side is gone: nothing that is waited for will come. */
  close(reason: string): void {
    for (const waiter of this.#waiters) waiter.reject(new Error(reason));
    this.#waiters.clear();
  }

  /** Waits for a frame; `accept` sees each one that arrives. */
  nextFrame(accept: Accept): Promise<unknown> {
    return new Promise((resolve, reject) => this.#waiters.add({ accept, resolve, reject }));
  }

  send(type: number, payload: unknown, invocation = 0): void {
    this.#write(encodeFrame({ type, invocation }, payload));
  }

  load(
    code: string,
    { dependencyDir = null, env = {} }: { dependencyDir?: string | null; env?: Record<string, string> } = {},
  ): Promise<LoadAnswer> {
    const answer = this.nextFrame((type) => type === FrameType.loaded || type === FrameType.loadFailed);
    this.send(FrameType.load, { component: { code, dependencyDir }, modules: {}, env });
    return answer as Promise<LoadAnswer>;
  }

  async mustLoad(code: string): Promise<ComponentDefinition> {
    const answer = await this.load(code);
    if ("message" in answer) throw new Error(answer.message);
    return answer.definition;
  }

  /** Loads the Node steps of a workflow: code by namespace. */
  async loadModules(modules: Record<string, string>): Promise<void> {
    const answer = this.nextFrame((type) => type === FrameType.loaded);
    const entries = Object.entries(modules).map(([name, code]) => [name, { code, dependencyDir: null }]);
    this.send(FrameType.load, { component: null, modules: Object.fromEntries(entries) as unknown, env: {} });
    await answer;
  }

  /** Starts an invocation: `number` is what frames call it, `outcome` what it left in the end. */
  start(invocation: TestInvocation): { number: number; outcome: Promise<Outcome> } {
    const number = this.#nextNumber++;
    const parts = { emits: [] as Emit[], logs: [] as Observation[], dbWrites: {}, responses: [] as HttpResponse[] };
    let partials = 0;
    const result = this.nextFrame((type, of, payload) => {
      if (of !== number) return false;
      if (type === FrameType.respond) parts.responses.push((payload as RespondPayload).response);
      if (type !== FrameType.partial && type !== FrameType.result) return false;
      const { emits, logs, dbWrites } = payload as PartialPayload;
      parts.emits.push(...emits);
      parts.logs.push(...logs);
      Object.assign(parts.dbWrites, dbWrites);
      if (type === FrameType.partial) partials += 1;
      return type === FrameType.result;
    });
    const outcome = result.then((payload) => ({ ...(payload as ResultPayload), ...parts, partials }));
    const defaults = { id: `inv-${number}`, props: {}, auths: {}, endpoints: {}, db: {}, timeoutMs: 5000 };
    this.send(FrameType.invoke, { ...defaults, ...invocation }, number);
    return { number, outcome };
  }

  invoke(invocation: TestInvocation): Promise<Outcome> {
    return this.start(invocation).outcome;
  }

  run(event: unknown = {}, more: RunDetails = {}): Promise<Outcome> {
    return this.invoke({ ...more, kind: "run", event: JSON.stringify(event) });
  }

  /** Runs the step `code`, or the one that is named. */
  step(steps: unknown = {}, more: StepDetails = {}): Promise<Outcome> {
    return this.invoke({ ...STEP_DEFAULTS, ...more, kind: "step", steps: JSON.stringify(steps) });
  }

  /** What evaluating expressions gives. */
  async evaluate(
    expressions: string[],
    { steps = {}, envVars = {} }: { steps?: unknown; envVars?: Record<string, string> } = {},
  ): Promise<unknown> {
    const number = this.#nextNumber++;
    const result = this.nextFrame((type, of) => of === number && type === FrameType.result);
    const id = `inv-${number}`;
    const invocation = { kind: "evaluate", id, expressions, steps: JSON.stringify(steps), envVars, timeoutMs: 5000 };
    this.send(FrameType.invoke, invocation, number);
    const { returnValue } = (await result) as ResultPayload;
    return returnValue === null ? null : (JSON.parse(returnValue) as unknown);
  }

  /** What a run returned, as data. A run that failed fails the test. */
  async returned(event: unknown = {}, more: RunDetails = {}): Promise<unknown> {
    return returnedBy(await this.run(event, more));
  }
}

export function returnedBy(outcome: Outcome): unknown {
  if (outcome.error) throw new Error(outcome.error.stack ?? outcome.error.message);
  return outcome.returnValue === null ? undefined : (JSON.parse(outcome.returnValue) as unknown);
}
