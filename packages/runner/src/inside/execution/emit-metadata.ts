import type { Emit } from "../../invocation.ts";
import { isObject } from "../definition/index.ts";
import type { UserObject } from "../definition/index.ts";
import { asText } from "../safe-json.ts";

export type EmitMetadata = Omit<Emit, "event" | "emittedAtMs">;

/** Below this a number cannot be milliseconds of our times (it would be before March 1973), so it is seconds. */
const LARGEST_SECONDS = 1e11;
const SMALLEST_MICROSECONDS = 1e14;
const SMALLEST_NANOSECONDS = 1e17;

/** Reads the second argument of `$emit`, whatever it is: wrong parts count as absent. */
export function readEmitMetadata(metadata: unknown): EmitMetadata {
  if (!isObject(metadata)) return { channel: "" };
  const id = idOf(metadata["id"]);
  const ts = readTime(metadata["ts"]);
  const deliverAtMs = readTime(metadata["delivery_ts"]);
  const summary = metadata["summary"];
  return {
    channel: idOf(metadata["name"]) ?? "",
    ...(id !== undefined && { id }),
    ...(summary !== undefined && summary !== null && { summary: idOf(summary) ?? "" }),
    ...(ts !== undefined && { ts }),
    ...(deliverAtMs !== undefined && { deliverAtMs }),
  };
}

/** Ids are compared as text, so 1 and "1" are the same id. */
function idOf(value: unknown): string | undefined {
  return asText(value) || undefined;
}

/** Reads a time given as epoch milliseconds or seconds (number or decimal text), ISO text or Date; in epoch milliseconds. */
export function readTime(value: unknown): number | undefined {
  if (typeof value === "number") return scaleToMs(value);
  if (typeof value === "bigint") return scaleToMs(Number(value));
  if (value instanceof Date) return finite(value.getTime());
  if (typeof value === "string") {
    const text = value.trim();
    if (/^-?\d+(\.\d+)?$/.test(text)) return scaleToMs(Number(text));
    return finite(Date.parse(text));
  }
  return isObject(value) ? scaleToMs(primitiveOf(value)) : undefined;
}

/** Time objects of libraries such as moment say their milliseconds by `valueOf`. */
function primitiveOf(value: UserObject): number {
  try {
    const primitive: unknown = value.valueOf();
    return typeof primitive === "number" ? primitive : Number.NaN;
  } catch {
    return Number.NaN;
  }
}

function scaleToMs(value: number): number | undefined {
  const size = Math.abs(value);
  if (size < LARGEST_SECONDS) return finite(value * 1000);
  if (size >= SMALLEST_NANOSECONDS) return finite(value / 1e6);
  if (size >= SMALLEST_MICROSECONDS) return finite(value / 1e3);
  return finite(value);
}

function finite(ms: number): number | undefined {
  return Number.isFinite(ms) && Math.abs(ms) <= 8.64e15 ? Math.trunc(ms) : undefined;
}
