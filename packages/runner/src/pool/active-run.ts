import { orderEmits } from "../emit-order.ts";
import { FrameError } from "../frames.ts";
import type {
  Emit,
  HttpResponse,
  Invocation,
  InvocationError,
  InvocationListener,
  InvocationResult,
  Observation,
} from "../invocation.ts";
import type { PartialPayload, ResultPayload } from "../messages.ts";
import type { EndReason } from "./end-reason.ts";

/** How an invocation ended: with an answer of its own, or with the death of its process. */
export interface RunOutcome {
  readonly result: InvocationResult;
  /** Set when the process died under it. */
  readonly lostTo: EndReason | null;
  /** True when it may itself be what ended the process. */
  readonly isSuspect: boolean;
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
  readonly #resolve: (outcome: RunOutcome) => void;
  readonly #listener: InvocationListener | undefined;
  /** Bytes that its process had sent to the network before. */
  readonly #sentBytesBefore: number;
  readonly #emits: Emit[] = [];
  readonly #logs: Observation[] = [];
  readonly #dbWrites = Object.create(null) as Record<string, string | null>;
  #sizeBytes = 0;
  #responded = false;

  constructor(options: { invocation: Invocation; listener?: InvocationListener | undefined; sentBytes: number }) {
    this.invocation = options.invocation;
    this.#listener = options.listener;
    this.#sentBytesBefore = options.sentBytes;
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

  respond(response: HttpResponse): void {
    if (this.#responded) return;
    this.#responded = true;
    this.#listener?.respond?.(response);
  }

  /** The runner answered. */
  finish(payload: ResultPayload, state: { sizeBytes: number; sentBytes: number }): void {
    this.add(payload, state.sizeBytes);
    const result = this.#result(payload.error, payload.returnValue, state.sentBytes);
    this.#resolve({ result, lostTo: null, isSuspect: false });
  }

  /** Its process died. */
  lose(reason: EndReason, state: { isAlone: boolean; sentBytes: number }): void {
    const result = this.#result(this.#lossError(reason), null, state.sentBytes);
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

  #result(error: InvocationError | null, returnValue: string | null, sentBytes: number): InvocationResult {
    return {
      error,
      returnValue,
      emits: orderEmits(this.#emits),
      logs: this.#logs,
      dbWrites: this.#dbWrites,
      responded: this.#responded,
      hadEffect: this.#responded || sentBytes > this.#sentBytesBefore,
      startedAtMs: this.startedAtMs,
      endedAtMs: Date.now(),
    };
  }
}
