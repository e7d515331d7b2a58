/** An object that user code made: nothing is known of it. */
export type UserObject = Record<string, unknown>;
export type UserFunction = (this: unknown, ...args: unknown[]) => unknown;

export function isObject(value: unknown): value is UserObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function isFunction(value: unknown): value is UserFunction {
  return typeof value === "function";
}

export function textOf(value: unknown): string | null {
  if (typeof value === "string") return value;
  return typeof value === "number" || typeof value === "bigint" ? String(value) : null;
}

/** What an article about `value` would call it. */
export function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  if (value === undefined) return "undefined";
  return `${/^[aeiou]/.test(typeof value) ? "an" : "a"} ${typeof value}`;
}

/** The component's code cannot be a component; the message says why in words meant for its author. */
export class DefinitionError extends Error {
  override name = "DefinitionError";
  readonly code = "LOAD_FAILED";
}
