import type { UserObject } from "../definition/index.ts";
import { stringifyLenient } from "../safe-json.ts";

/** A prop that holds a whole file is not worth showing. */
const MAX_SHOWN_CHARS = 64 * 1024;

/** JSON text of props for people: large ones are left out, and say so. */
export function shownText(shown: UserObject): string {
  const text = stringifyLenient(shown) ?? "{}";
  if (text.length <= MAX_SHOWN_CHARS) return text;
  const short = Object.entries(shown).map(([name, value]) => {
    const length = stringifyLenient(value)?.length ?? 0;
    return [name, length > MAX_SHOWN_CHARS ? `(${length} characters, not shown)` : value];
  });
  return stringifyLenient(Object.fromEntries(short)) ?? "{}";
}
