import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { TestReceiver, type ReceivedRequest } from "../../testing/index.ts";
import {
  Instance,
  LOOPBACK_ALLOWED,
  removeDataDir,
  signalAll,
  type ApiCaller,
  type SeededRandom,
} from "../../testing/instance/index.ts";
import type { TestWorkflowRun } from "../../testing/test-runs.ts";
import { deployKinds, type DeployedKind, type Told } from "./chaos-workflows.ts";
import { isRefused, type Outage, type Shown } from "./told-steps.ts";

const MAX_RESUME_DELAY_MS = 300;
const PAUSE_AFTER_FAILURE_MS = 50;
const WATCH_PAUSE_MS = 5;

/** A server that is killed and started again, a receiver that its steps tell of themselves, and somebody who resumes runs. */
export class ChaosScene implements AsyncDisposable {
  readonly api: ApiCaller;
  readonly kinds: readonly DeployedKind[];
  readonly outages: Outage[] = [];
  readonly shown: Shown[] = [];
  readonly refused = new Set<ReceivedRequest>();
  readonly #random: SeededRandom;
  readonly #receiver: TestReceiver;
  readonly #stack: AsyncDisposableStack;
  readonly #resuming = new Set<Promise<void>>();
  readonly #stopping = new AbortController();
  #instance: Instance;

  private constructor(parts: {
    instance: Instance;
    api: ApiCaller;
    kinds: readonly DeployedKind[];
    receiver: TestReceiver;
    random: SeededRandom;
    stack: AsyncDisposableStack;
  }) {
    this.#instance = parts.instance;
    this.api = parts.api;
    this.kinds = parts.kinds;
    this.#receiver = parts.receiver;
    this.#random = parts.random;
    this.#stack = parts.stack;
    this.#stack.defer(() => this.#end());
    this.#receiver.respondWith((request) => this.#hear(request));
  }

  static async start(random: SeededRandom): Promise<ChaosScene> {
    await using stack = new AsyncDisposableStack();
    const dataDir = await mkdtemp(join(tmpdir(), "millrace-runs-"));
    stack.defer(() => removeDataDir(dataDir));
    const receiver = stack.use(await TestReceiver.start());
    const env = { ...LOOPBACK_ALLOWED, MILLRACE_ENDPOINT_RATE_LIMIT: "1000000", MILLRACE_LOG_LEVEL: "error" };
    const instance = await Instance.start({ dataDir, env });
    const api = await instance.caller();
    try {
      const kinds = await deployKinds(api, receiver.url);
      return new ChaosScene({ instance, api, kinds, receiver, random, stack: stack.move() });
    } catch (error) {
      instance.killTree();
      throw error;
    }
  }

  get requests(): readonly ReceivedRequest[] {
    return this.#receiver.requests;
  }

  get output(): string {
    return this.#instance.output;
  }

  /** `kill -9`, of the server alone or with its database, and a new start. Returns how long that start took. */
  async kill(what: "server" | "group"): Promise<number> {
    const begin = this.requests.length;
    if (what === "group") this.#instance.killTree();
    else signalAll([this.#instance.pid], "SIGKILL");
    await this.#instance.exited;
    const startedAtMs = performance.now();
    this.#instance = await this.#instance.restart();
    this.outages.push({ begin, end: this.requests.length });
    return performance.now() - startedAtMs;
  }

  /** Notes again and again what the API shows as done. */
  async watch(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      const request = this.requests[Math.floor(this.requests.length * (1 - this.#random.next() / 8))];
      if (request) await this.#look((JSON.parse(request.body) as Told).run).catch(() => {});
      await delay(WATCH_PAUSE_MS);
    }
  }

  /** Ends watching, and waits for the calls of those who resume. */
  async quiet(): Promise<void> {
    this.#stopping.abort();
    while (this.#resuming.size > 0) await Promise.all(this.#resuming);
  }

  async #look(run: string): Promise<void> {
    const shown = await this.api.data<TestWorkflowRun>("GET", `/runs/${run}`);
    const at = this.requests.length;
    for (const { namespace, index, status, attempts } of shown.steps) {
      const key = index === undefined ? namespace : `${namespace}#${index.join(".")}`;
      if (status === "success") this.shown.push({ run, key, attempt: attempts, at });
    }
  }

  #hear(request: ReceivedRequest): { status: number } {
    const told = JSON.parse(request.body) as Told;
    if (told.resume !== undefined) {
      const call = this.#resume(told.resume, told.n).finally(() => this.#resuming.delete(call));
      this.#resuming.add(call);
    }
    if (!isRefused(request, this.requests)) return { status: 200 };
    this.refused.add(request);
    return { status: 500 };
  }

  /** Calls until it hears that the call was taken, or that nothing waits for one. */
  async #resume(url: string, n: number): Promise<void> {
    await delay(this.#random.between(0, MAX_RESUME_DELAY_MS));
    for (;;) {
      try {
        const response = await fetch(this.api.url + new URL(url).pathname, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ n }),
        });
        await response.arrayBuffer();
        if (response.status === 200 || response.status === 404) return;
      } catch {
        // It is being killed.
      }
      await delay(PAUSE_AFTER_FAILURE_MS);
    }
  }

  async #end(): Promise<void> {
    this.#stopping.abort();
    this.#instance.killTree();
    await this.#instance.exited;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync();
  }
}
