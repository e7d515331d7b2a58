import { createHash } from "node:crypto";
import type { IdempotentAnswer, IdempotencyStore } from "../accounts/index.ts";
import { invalidInput, principalId, type Principal } from "../core/index.ts";
import type { InputParts } from "./input.ts";

const LONGEST_KEY = 255;

export interface KeyedRequest {
  caller: Principal;
  /** The header's value. */
  key: string;
  operationId: string;
  parts: InputParts;
}

/** Runs a POST that carries an `Idempotency-Key` at most once. @throws ApiError 400, 409 */
export function answerOnce(
  store: IdempotencyStore,
  request: KeyedRequest,
  work: () => Promise<IdempotentAnswer>,
): Promise<IdempotentAnswer> {
  const { key, caller } = request;
  if (key === "" || key.length > LONGEST_KEY) {
    throw invalidInput([{ path: "Idempotency-Key", message: `must have 1 to ${LONGEST_KEY} characters` }]);
  }
  const requestHash = createHash("sha256")
    .update(stableJson([request.operationId, request.parts]))
    .digest("hex");
  return store.once({ owner: principalId(caller), key, requestHash }, work);
}

/** JSON that does not depend on the order of keys. */
function stableJson(value: unknown): string {
  return JSON.stringify(value, (_name, part: unknown) => {
    if (typeof part !== "object" || part === null || Array.isArray(part)) return part;
    return Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  });
}
