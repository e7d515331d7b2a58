import { DataStoreError } from "./store-error.ts";

export const MAX_KEY_CHARACTERS = 1_024;
export const MAX_VALUE_BYTES = 6 * 1024 * 1024;
const MAX_TTL_SECONDS = 100 * 366 * 86_400;

/** @throws DataStoreError for what can not be a key */
export function assertKey(key: unknown): string {
  if (typeof key !== "string") throw new DataStoreError("invalid_key", "A key must be a string");
  // The database takes neither NUL nor half a surrogate pair; two keys must never become one.
  if (key === "" || key.length > MAX_KEY_CHARACTERS || key.includes("\0") || !key.isWellFormed()) {
    throw new DataStoreError(
      "invalid_key",
      `A key must have 1 to ${MAX_KEY_CHARACTERS} characters, all of them valid Unicode and none of them NUL`,
    );
  }
  return key;
}

/** The JSON text of a value; absent counts as null. @throws DataStoreError for one that is too large */
export function valueText(value: unknown): string {
  const text = JSON.stringify(value ?? null);
  if (text.length > MAX_VALUE_BYTES || Buffer.byteLength(text) > MAX_VALUE_BYTES) {
    throw new DataStoreError("too_large", `A value may have ${MAX_VALUE_BYTES / 1024 ** 2} MB as JSON`);
  }
  return text;
}

/** When a record ends; null: never. @throws DataStoreError for a time to live that is none */
export function expiryOf(ttlSeconds: unknown, nowMs: number): number | null {
  if (ttlSeconds === null || ttlSeconds === undefined) return null;
  if (typeof ttlSeconds !== "number" || !(ttlSeconds > 0) || ttlSeconds > MAX_TTL_SECONDS) {
    throw new DataStoreError("invalid_ttl", "A time to live must be a positive number of seconds");
  }
  return Math.ceil(nowMs + ttlSeconds * 1_000);
}

/** @throws DataStoreError for what can not be added */
export function assertNumber(by: unknown): number {
  if (typeof by !== "number" || !Number.isFinite(by)) {
    throw new DataStoreError("not_a_number", "What is added must be a number");
  }
  return by;
}
