/** Digits that a JavaScript number may not be able to hold. */
const LONG_NUMBER = /\d{16}/;

/** `JSON.rawJSON`, which the types do not know yet. */
const rawJson = (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON;

/** Parses JSON; integers beyond what a JavaScript number holds keep their digits when they are written as JSON again. */
export function parseExactJson(text: string): unknown {
  if (!LONG_NUMBER.test(text)) return JSON.parse(text) as unknown;
  const revive = (_key: string, value: unknown, context?: { source?: string }): unknown =>
    isBeyond(value) && isDigits(context?.source) ? rawJson(context.source) : value;
  return JSON.parse(text, revive) as unknown;
}

function isDigits(source: string | undefined): source is string {
  return source !== undefined && /^-?\d+$/.test(source);
}

function isBeyond(value: unknown): boolean {
  return typeof value === "number" && Number.isInteger(value) && !Number.isSafeInteger(value);
}
