import { encodeFrame, FrameDecoder } from "../frames.ts";
import type {
  ComponentDefinition,
  ComponentInvocation,
  Emit,
  HttpResponse,
  InvocationBase,
  Observation,
} from "../invocation.ts";
import type { StepInvocation } from "../step.ts";
import { FrameType } from "../messages.ts";
import type { LatePayload, PartialPayload, RespondPayload, ResultPayload } from "../messages.ts";
import { ErrorReporter } from "./execution/index.ts";
import { Session } from "./session.ts";

type Defaulted = "id" | "props" | "auths" | "endpoints" | "db" | "timeoutMs";
type WithDefaults<I> = I extends InvocationBase ? Omit<I, Defaulted> & Partial<Pick<I, Defaulted>> : never;
/** An invocation of which a test names only what it is about. */
export type TestInvocation = WithDefaults<ComponentInvocation | StepInvocation>;

type RunDetails = Partial<Omit<Extract<TestInvocation, { kind: "run" }>, "kind" | "event">>;

export type LoadAnswer = { definition: ComponentDefinition } | { message: string; stack?: string };

/** Result of one invocation with all its partial frames joined. */
export interface Outcome extends ResultPayload {
  responses: HttpResponse[];
  partials: number;
}

type Accept = (type: number, invocation: number, payload: unknown) => boolean;
interface Waiter {
  accept: Accept;
  resolve(payload: unknown): void;
  reject(error: Error): void;
}

/** The parent's side of the conversation: sends frames, and waits for what comes back. */
export class TestClient {
  readonly late: LatePayload[] = [];
  readonly #write: (frame: Buffer) => void;
  readonly #decoder = new FrameDecoder();
  readonly #waiters = new Set<Waiter>();
  #nextNumber = 1;

  constructor(write: (frame: Buffer) => void) {
    this.#write = write;
  }

  /** A session in this very process: no console or process guards, but quick. */
  static async inProcess(code: string): Promise<TestClient> {
    const toSession = new FrameDecoder();
    const client: TestClient = new TestClient((bytes) => {
      for (const frame of toSession.push(bytes)) session.handle(frame);
    });
    const send = (head: { type: number; invocation: number }, payload: unknown) =>
      client.receive(encodeFrame(head, payload));
    // Each component needs an address of its own, since modules are loaded once per address.
    const homeDir = `/component-${Math.random().toString(36).slice(2)}`;
    const session = new Session({ reporter: new ErrorReporter(import.meta.filename), homeDir, send });
    await client.mustLoad(code);
    return client;
  }

  receive(bytes: Buffer): void {
    for (const frame of this.#decoder.push(bytes)) {
      const payload = JSON.parse(frame.body.toString()) as unknown;
      if (frame.type === FrameType.late) this.late.push(payload as LatePayload);
      for (const waiter of [...this.#waiters]) {
        if (!waiter.accept(frame.type, frame.invocation, payload)) continue;
        this.#waiters.delete(waiter);
        waiter.resolve(payload);
        break;
      }
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

  /** What a run returned, as data. A run that failed fails the test. */
  async returned(event: unknown = {}, more: RunDetails = {}): Promise<unknown> {
    return returnedBy(await this.run(event, more));
  }
}

export function returnedBy(outcome: Outcome): unknown {
  if (outcome.error) throw new Error(outcome.error.stack ?? outcome.error.message);
  return outcome.returnValue === null ? undefined : (JSON.parse(outcome.returnValue) as unknown);
}
