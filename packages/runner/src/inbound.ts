import { validateHeaderName, validateHeaderValue } from "node:http";
import { FrameError } from "./frames.ts";
import type { Emit, HttpResponse, InvocationError, InvocationErrorCode, Observation } from "./invocation.ts";
import { MAX_CHANNEL_CHARS, MAX_DB_KEY_CHARS } from "./messages.ts";
import type { LatePayload, LoadFailedPayload, PartialPayload, PongPayload, RespondPayload } from "./messages.ts";

/**
 * Reads the bodies of frames that come out of a sandbox. User code can write any bytes there, so every field is checked before it
 * gets near a database, a header or another process; what does not fit is a FrameError, which costs the sandbox its life.
 */

/** Deeper JSON overflows PostgreSQL's parser and would fail the whole group commit. */
const MAX_JSON_DEPTH = 1_000;
const MAX_EPOCH_MS = 8.64e15;
/** Codes that a runner may claim; the others are for the parent to say. */
const CLAIMABLE_CODES: ReadonlySet<string> = new Set<InvocationErrorCode>([
  "USER_ERROR",
  "CONFIGURATION_ERROR",
  "TIMEOUT",
  "OUT_OF_MEMORY",
  "EXITED",
  "RESULT_TOO_LARGE",
  "LOAD_FAILED",
]);

type Fields = Readonly<Record<string, unknown>>;

export function fieldsOf(value: unknown, what: string): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new FrameError(`${what} is not an object`);
  return value as Fields;
}
export function listOf(value: unknown, what: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new FrameError(`${what} is not a list`);
  return value;
}
export function textOf(value: unknown, what: string): string {
  if (typeof value !== "string") throw new FrameError(`${what} is not a text`);
  return value;
}
export function numberOf(value: unknown, what: string): number {
  if (typeof value !== "number" || !Number.isFinite(value)) throw new FrameError(`${what} is not a number`);
  return value;
}
/** PostgreSQL stores no NUL in text. */
export const withoutNul = (text: string): string => (text.includes("\0") ? text.replaceAll("\0", "") : text);

function keyTextOf(value: unknown, { what, maxChars }: { what: string; maxChars: number }): string {
  const text = textOf(value, what);
  if (text.length > maxChars) throw new FrameError(`${what} is longer than ${maxChars} characters`);
  return withoutNul(text);
}

function epochMs(value: unknown, what: string): number {
  const at = numberOf(value, what);
  if (Math.abs(at) > MAX_EPOCH_MS) throw new FrameError(`${what} is not a time`);
  return at;
}

/** True when no value in the JSON text is nested deeper than the limit. */
function isShallow(json: string): boolean {
  if (json.length <= MAX_JSON_DEPTH) return true;
  let depth = 0;
  let isInText = false;
  for (let index = 0; index < json.length; index++) {
    const code = json.charCodeAt(index);
    if (isInText) {
      if (code === 0x5c /* \ */) index++;
      else if (code === 0x22 /* " */) isInText = false;
    } else if (code === 0x22) isInText = true;
    else if (code === 0x5b /* [ */ || code === 0x7b /* { */) {
      if (++depth > MAX_JSON_DEPTH) return false;
    } else if (code === 0x5d /* ] */ || code === 0x7d /* } */) depth--;
  }
  return true;
}

export function jsonTextOf(value: unknown, what: string): string {
  const text = textOf(value, what);
  try {
    JSON.parse(text);
  } catch (cause) {
    throw new FrameError(`${what} is not JSON`, { cause });
  }
  if (!isShallow(text)) throw new FrameError(`${what} is nested too deeply`);
  return text;
}

function readEmit(value: unknown): Emit {
  const emit = fieldsOf(value, "an emit");
  return {
    event: jsonTextOf(emit["event"], "an emitted event"),
    channel: keyTextOf(emit["channel"], { what: "a channel", maxChars: MAX_CHANNEL_CHARS }),
    ...(emit["id"] === undefined ? {} : { id: withoutNul(textOf(emit["id"], "an event id")) }),
    ...(emit["summary"] === undefined ? {} : { summary: withoutNul(textOf(emit["summary"], "a summary")) }),
    ...(emit["ts"] === undefined ? {} : { ts: epochMs(emit["ts"], "ts") }),
    ...(emit["emittedAtMs"] === undefined ? {} : { emittedAtMs: epochMs(emit["emittedAtMs"], "emittedAtMs") }),
    ...(emit["deliverAtMs"] === undefined ? {} : { deliverAtMs: epochMs(emit["deliverAtMs"], "deliverAtMs") }),
  };
}

function readThrown(value: unknown): { name: string; message: string; stack?: string } {
  const error = fieldsOf(value, "an error");
  return {
    name: textOf(error["name"], "an error's name"),
    message: textOf(error["message"], "an error's message"),
    ...(error["stack"] === undefined ? {} : { stack: textOf(error["stack"], "a stack") }),
  };
}

function readObservation(value: unknown): Observation {
  const line = fieldsOf(value, "a log line");
  return {
    k: textOf(line["k"], "the kind of a log line"),
    ts: epochMs(line["ts"], "the time of a log line"),
    ...(line["msg"] === undefined ? {} : { msg: textOf(line["msg"], "a log message") }),
    ...(line["err"] === undefined ? {} : { err: readThrown(line["err"]) }),
  };
}

function readDbWrites(value: unknown): Record<string, string | null> {
  const writes: Record<string, string | null> = Object.create(null) as Record<string, string | null>;
  for (const [key, text] of Object.entries(fieldsOf(value, "dbWrites"))) {
    writes[keyTextOf(key, { what: "a db key", maxChars: MAX_DB_KEY_CHARS })] =
      text === null ? null : jsonTextOf(text, "a db value");
  }
  return writes;
}

export function readError(value: unknown): InvocationError | null {
  if (value === null) return null;
  const code = fieldsOf(value, "an error")["code"];
  const isClaimable = typeof code === "string" && CLAIMABLE_CODES.has(code);
  return { code: isClaimable ? (code as InvocationErrorCode) : "USER_ERROR", ...readThrown(value) };
}

/** @throws FrameError */
export function readPartial(value: unknown): PartialPayload {
  const fields = fieldsOf(value, "a partial result");
  return {
    emits: listOf(fields["emits"], "emits").map(readEmit),
    logs: listOf(fields["logs"], "logs").map(readObservation),
    dbWrites: readDbWrites(fields["dbWrites"]),
  };
}

function isSendable(name: string, value: string): boolean {
  try {
    validateHeaderName(name);
    validateHeaderValue(name, value);
    return true;
  } catch {
    return false;
  }
}

/** Headers that cannot be sent are a mistake of the user's, not a forgery: they are left out. */
function readHeaders(value: unknown): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = {};
  for (const [name, content] of Object.entries(fieldsOf(value, "headers"))) {
    const values = (Array.isArray(content) ? content : [content]).map((item) => textOf(item, "a header"));
    if (!values.every((item) => isSendable(name, item))) continue;
    headers[name] = values.length === 1 ? (values[0] as string) : values;
  }
  return headers;
}

/** @throws FrameError */
export function readRespond(value: unknown): RespondPayload {
  const { response, immediate } = fieldsOf(value, "an answer");
  return { response: readResponse(response), immediate: immediate === true };
}

function readResponse(value: unknown): HttpResponse {
  const fields = fieldsOf(value, "a response");
  const status = numberOf(fields["status"], "a status");
  const isStatus = Number.isInteger(status) && status >= 200 && status <= 599;
  return {
    status: isStatus ? status : 500,
    headers: readHeaders(fields["headers"]),
    body: textOf(fields["body"], "a body"),
    isBase64: fields["isBase64"] === true,
  };
}

/** @throws FrameError */
export function readLoadFailed(value: unknown): LoadFailedPayload {
  const fields = fieldsOf(value, "a load failure");
  const stack = fields["stack"];
  return {
    message: textOf(fields["message"], "a message"),
    ...(stack === undefined ? {} : { stack: textOf(stack, "a stack") }),
  };
}

/** @throws FrameError */
export function readLate(value: unknown): LatePayload {
  const fields = fieldsOf(value, "a late observation");
  return {
    invocationId: withoutNul(textOf(fields["invocationId"], "an invocation id")),
    observation: readObservation(fields["observation"]),
  };
}

/** @throws FrameError */
export function readPong(value: unknown): PongPayload {
  const fields = fieldsOf(value, "a pong");
  return { lagMs: numberOf(fields["lagMs"], "lagMs"), rssBytes: numberOf(fields["rssBytes"], "rssBytes") };
}
