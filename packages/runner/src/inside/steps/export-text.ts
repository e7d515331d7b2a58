import { LimitError } from "../execution/index.ts";
import { isTooDeep, stringifyStrict } from "../safe-json.ts";

/**
 * JSON text of something that a step exports; undefined for what has no JSON form at all, such as a function.
 * Functions within it are left out.
 * @throws TypeError when it refers to itself, LimitError when it is nested too deeply.
 */
export function exportText(value: unknown, what: string): string | undefined {
  const json = stringifyOrExplain(value, what);
  if (json !== undefined && isTooDeep(json)) throw LimitError.nesting();
  return json;
}

function stringifyOrExplain(value: unknown, what: string): string | undefined {
  try {
    return stringifyStrict(value);
  } catch (cause) {
    // The stack of the serializer ran out.
    if (cause instanceof RangeError) throw LimitError.nesting();
    const message = cause instanceof Error ? (cause.message.split("\n")[0] ?? "") : String(cause);
    throw new TypeError(`${what} cannot be JSON: ${message}`, { cause });
  }
}
