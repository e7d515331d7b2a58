import { orderEmits } from "../emit-order.ts";
import { FrameError } from "../frames.ts";
import type {
  Emit,
  Invocation,
  InvocationError,
  InvocationListener,
  InvocationResult,
  Json,
  Observation,
} from "../invocation.ts";
import { MAX_CALLS_IN_FLIGHT } from "../messages.ts";
import type { PartialPayload, RespondPayload, ResultPayload, RpcPayload, RpcReplyPayload } from "../messages.ts";
import type { CallMethod, StepOutcome } from "../step.ts";
import type { EndReason } from "./end-reason.ts";

/** How an invocation ended: with an answer of its own, or with the death of its process. */
export interface RunOutcome {
  readonly result: InvocationResult;
  /** Set when the process died under it. */
  readonly lostTo: EndReason | null;
  /** True when it may itself be what ended the process. */
  readonly isSuspect: boolean;
}

export interface ActiveRunOptions {
  readonly invocation: Invocation;
  readonly listener?: InvocationListener | undefined;
  readonly sentBytes: number;
  /** Sends the answer of a call to the process. */
  reply(payload: RpcReplyPayload): void;
}

/** What a run may leave behind in all. */
const MAX_RUN_BYTES = 64 * 1024 * 1024;

/** One invocation in flight: collects what comes in parts. */
export class ActiveRun {
  readonly invocation: Invocation;
  readonly startedAtMs = Date.now();
  readonly outcome: Promise<RunOutcome>;
  /** Set once its deadline has passed. */
  isOverdue = false;
  /** Starts its time limit anew; null once it has passed. */
  refreshDeadline: (() => void) | null = null;
  readonly #resolve: (outcome: RunOutcome) => void;
  readonly #listener: InvocationListener | undefined;
  /** Bytes that its process had sent to the network before. */
  readonly #sentBytesBefore: number;
  readonly #reply: (payload: RpcReplyPayload) => void;
  readonly #emits: Emit[] = [];
  readonly #logs: Observation[] = [];
  readonly #dbWrites = Object.create(null) as Record<string, string | null>;
  #sizeBytes = 0;
  #responded = false;
  #calls = 0;
  #callsInFlight = 0;

  constructor(options: ActiveRunOptions) {
    this.invocation = options.invocation;
    this.#listener = options.listener;
    this.#sentBytesBefore = options.sentBytes;
    this.#reply = options.reply;
    const { promise, resolve } = Promise.withResolvers<RunOutcome>();
    this.outcome = promise;
    this.#resolve = resolve;
  }

  /** @throws FrameError when it leaves more than any honest run does. */
  add(part: PartialPayload, sizeBytes: number): void {
    this.#sizeBytes += sizeBytes;
    if (this.#sizeBytes > MAX_RUN_BYTES) throw new FrameError("a run left more than 64 MB");
    for (const emit of part.emits) this.#emits.push(emit);
    for (const line of part.logs) this.#logs.push(line);
    Object.assign(this.#dbWrites, part.dbWrites);
  }

  respond({ response, immediate }: RespondPayload): void {
    if (this.#responded) return;
    this.#responded = true;
    this.#listener?.respond?.(response, { immediate });
  }

  /** Passes a call on to the listener. @throws FrameError when more are in flight than an honest process sends. */
  call({ call, method, params }: RpcPayload): void {
    if (++this.#callsInFlight > MAX_CALLS_IN_FLIGHT) throw new FrameError("an invocation has too many calls in flight");
    this.#calls++;
    void this.#answer(method as CallMethod, params).then((answer) => {
      this.#callsInFlight--;
      this.#reply({ call, ...answer });
    });
  }

  async #answer(method: CallMethod, params: Json): Promise<Omit<RpcReplyPayload, "call">> {
    try {
      if (method === "flow.refreshTimeout") {
        this.refreshDeadline?.();
        return { result: null };
      }
      if (this.#listener?.call === undefined) throw new TypeError(`${method} is not available here`);
      return { result: await this.#listener.call(method, params) };
    } catch (error) {
      const { name, message } = error instanceof Error ? error : { name: "Error", message: String(error) };
      return { error: { name, message } };
    }
  }

  /** The runner answered. */
  finish(payload: ResultPayload, state: { sizeBytes: number; sentBytes: number }): void {
    this.add(payload, state.sizeBytes);
    const result = this.#result(payload, state.sentBytes);
    this.#resolve({ result, lostTo: null, isSuspect: false });
  }

  /** Its process died. */
  lose(reason: EndReason, state: { isAlone: boolean; sentBytes: number }): void {
    const result = this.#result({ error: this.#lossError(reason), returnValue: null }, state.sentBytes);
    this.#resolve({
      result,
      lostTo: reason,
      isSuspect: this.isOverdue || (state.isAlone && reason.code !== "INTERRUPTED"),
    });
  }

  #lossError(reason: EndReason): InvocationError {
    if (!this.isOverdue && reason.code !== "TIMEOUT") return { name: "Error", ...reason };
    if (this.isOverdue) {
      const seconds = this.invocation.timeoutMs / 1000;
      return { code: "TIMEOUT", name: "TimeoutError", message: `The run did not end within ${seconds} s` };
    }
    return { code: "INTERRUPTED", name: "Error", message: "The process was ended because another run in it got stuck" };
  }

  #result({ error, returnValue, step }: Ending, sentBytes: number): InvocationResult {
    return {
      error,
      returnValue,
      ...(step !== undefined && { step }),
      emits: orderEmits(this.#emits),
      logs: this.#logs,
      dbWrites: this.#dbWrites,
      responded: this.#responded,
      hadEffect: this.#responded || this.#calls > 0 || sentBytes > this.#sentBytesBefore,
      startedAtMs: this.startedAtMs,
      endedAtMs: Date.now(),
    };
  }
}

interface Ending {
  readonly error: InvocationError | null;
  readonly returnValue: string | null;
  readonly step?: StepOutcome;
}
