import type { Operation } from "@millrace/contract";
import type { Principal } from "../core/index.ts";
import type { InputParts } from "./input.ts";

export interface IdempotentCall {
  caller: Principal;
  key: string;
  operation: Operation;
  request: InputParts;
}

export interface Answer {
  status: number;
  body: unknown;
}

/** Remembers the answers of POSTs that carry an `Idempotency-Key`. */
export interface IdempotencyKeys {
  once(call: IdempotentCall, run: () => Promise<Answer>): Promise<Answer>;
}
