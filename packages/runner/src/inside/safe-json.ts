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
