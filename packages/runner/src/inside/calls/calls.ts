import type { Json } from "../../invocation.ts";
import type { RpcPayload, RpcReplyPayload } from "../../messages.ts";
import type { CallMethod } from "../../step.ts";

/** Fewer than what the parent tolerates; the rest wait here. */
const MAX_IN_FLIGHT = 16;

interface PendingCall {
  readonly payload: RpcPayload;
  resolve(result: Json): void;
  reject(error: Error): void;
}

/** The server refused, or the invocation ended before it answered. */
export class CallError extends Error {
  override name = "CallError";
  readonly code = "CALL_FAILED";
}

/** What one invocation asks of the server. */
export class Calls {
  readonly #send: (payload: RpcPayload) => void;
  readonly #inFlight = new Map<number, PendingCall>();
  readonly #waiting: PendingCall[] = [];
  #nextNumber = 1;
  #hasEnded = false;

  constructor(send: (payload: RpcPayload) => void) {
    this.#send = send;
  }

  get pending(): number {
    return this.#inFlight.size + this.#waiting.length;
  }

  /** @throws CallError (as a rejection) with the name and message that the server gives. */
  call(method: CallMethod, params: Json): Promise<Json> {
    return new Promise((resolve, reject) => {
      if (this.#hasEnded) {
        reject(new CallError(`${method} was called after the run had ended.`));
        return;
      }
      this.#waiting.push({ payload: { call: this.#nextNumber++, method, params }, resolve, reject });
      this.#pump();
    });
  }

  answer({ call, result, error }: RpcReplyPayload): void {
    const pending = this.#inFlight.get(call);
    if (!pending) return;
    this.#inFlight.delete(call);
    if (error) pending.reject(Object.assign(new CallError(error.message), { name: error.name }));
    else pending.resolve(result ?? null);
    this.#pump();
  }

  /** No answer will come any more. */
  end(): void {
    this.#hasEnded = true;
    const left = [...this.#inFlight.values(), ...this.#waiting.splice(0)];
    this.#inFlight.clear();
    for (const { payload, reject } of left) {
      reject(new CallError(`The run ended before ${payload.method} was answered: await what uses it.`));
    }
  }

  #pump(): void {
    while (this.#inFlight.size < MAX_IN_FLIGHT) {
      const next = this.#waiting.shift();
      if (!next) return;
      this.#inFlight.set(next.payload.call, next);
      this.#send(next.payload);
    }
  }
}
