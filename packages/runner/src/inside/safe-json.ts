import type { Json } from "../invocation.ts";

// Kept from before user code runs, which may replace them.
const { parse, stringify } = JSON;

/** Parses JSON text that we or the server wrote. */
export function parseJson(text: string): unknown {
  return parse(text);
}

/**
 * JSON text of whatever user code made; parts without a JSON form are dropped: functions and symbols as JSON does,
 * cycles, and what throws in `toJSON`. BigInts become strings. Undefined for a value that has no JSON form at all.
 */
export function stringifyLenient(value: unknown): string | undefined {
  try {
    return stringify(value);
  } catch {
    return stringifyDamaged(value);
  }
}

/** As `JSON.stringify`, except that BigInts become texts. @throws TypeError for cycles, and whatever `toJSON` throws. */
export function stringifyStrict(value: unknown): string | undefined {
  try {
    return stringify(value);
  } catch (error) {
    if (!(error instanceof TypeError) || !error.message.includes("BigInt")) throw error;
    return stringify(value, (_key, item: unknown) => (typeof item === "bigint" ? String(item) : item));
  }
}

/** Text of anything, as a header, field or id: text as it is, objects as JSON, nothing as nothing. */
export function asText(value: unknown): string {
  if (typeof value === "string") return value;
  if (value === undefined || value === null) return "";
  if (typeof value === "number" || typeof value === "boolean" || typeof value === "bigint") return String(value);
  return stringifyLenient(value) ?? "";
}

/** Deeper JSON is refused: readers further on, the database among them, have limits of their own. */
const MAX_DEPTH = 256;
const QUOTE = 34;
const BACKSLASH = 92;

/** True for JSON text with more levels of lists and objects than may leave the process. */
export function isTooDeep(json: string): boolean {
  if (json.length < MAX_DEPTH) return false;
  let depth = 0;
  for (let index = 0; index < json.length; index++) {
    const code = json.charCodeAt(index);
    if (code === QUOTE) {
      index = endOfString(json, index);
    } else if (code === 91 || code === 123) {
      if (++depth > MAX_DEPTH) return true;
    } else if (code === 93 || code === 125) {
      depth -= 1;
    }
  }
  return false;
}

function endOfString(json: string, start: number): number {
  let index = start + 1;
  while (index < json.length && json.charCodeAt(index) !== QUOTE) index += json.charCodeAt(index) === BACKSLASH ? 2 : 1;
  return index;
}

/** As `stringifyLenient`, parsed again: a deep copy that is plain data. */
export function toJson(value: unknown): Json | undefined {
  const text = stringifyLenient(value);
  return text === undefined ? undefined : (parse(text) as Json);
}

function stringifyDamaged(value: unknown): string | undefined {
  const ancestors: unknown[] = [];
  try {
    return stringify(value, function dropUnwritable(this: unknown, _key, item: unknown) {
      if (typeof item === "bigint") return String(item);
      if (typeof item !== "object" || item === null) return item;
      while (ancestors.length > 0 && ancestors.at(-1) !== this) ancestors.pop();
      if (ancestors.includes(item)) return undefined;
      ancestors.push(item);
      return item;
    });
  } catch {
    return undefined;
  }
}
