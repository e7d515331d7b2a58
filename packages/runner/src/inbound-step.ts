import { FrameError } from "./frames.ts";
import { fieldsOf, jsonTextOf, listOf, numberOf, readError, readPartial, textOf, withoutNul } from "./inbound.ts";
import type { Json } from "./invocation.ts";
import type { ResultPayload, RpcPayload } from "./messages.ts";
import type { FlowRequest, SendRequest, StepOutcome } from "./step.ts";

const SEND_KINDS: ReadonlySet<unknown> = new Set<SendRequest["kind"]>([
  "http",
  "email",
  "emit",
  "sse",
  "s3",
  "sql",
  "snowflake",
  "sms",
]);
const MAX_EXPORTS = 10_000;
const MAX_SENDS = 10_000;
const MAX_METHOD_CHARS = 64;
const MAX_PAUSE_MS = 366 * 86_400_000;

function durationOf(value: unknown, what: string): number {
  const ms = numberOf(value, what);
  if (ms < 0 || ms > MAX_PAUSE_MS) throw new FrameError(`${what} is no duration of at most a year`);
  return ms;
}

function readFlow(value: unknown): FlowRequest | null {
  if (value === null) return null;
  const flow = fieldsOf(value, "a flow request");
  switch (flow["kind"]) {
    case "exit":
      return { kind: "exit", reason: flow["reason"] === null ? null : withoutNul(textOf(flow["reason"], "a reason")) };
    case "delay":
      return { kind: "delay", delayMs: durationOf(flow["delayMs"], "a delay") };
    case "suspend":
      return { kind: "suspend", timeoutMs: durationOf(flow["timeoutMs"], "a timeout") };
    case "rerun": {
      // It came out of JSON.parse, so it is JSON.
      const context = (flow["context"] ?? null) as Json;
      jsonTextOf(JSON.stringify(context), "the context of a rerun");
      const maxRetries = Math.max(0, Math.trunc(numberOf(flow["maxRetries"], "maxRetries")));
      return { kind: "rerun", delayMs: durationOf(flow["delayMs"], "a delay"), context, maxRetries };
    }
    default:
      throw new FrameError("a flow request is of no known kind");
  }
}

function readSend(value: unknown): SendRequest {
  const send = fieldsOf(value, "a send request");
  if (!SEND_KINDS.has(send["kind"])) throw new FrameError("a send request is of no known kind");
  return { kind: send["kind"] as SendRequest["kind"], payload: jsonTextOf(send["payload"], "what is sent") };
}

function readStep(value: unknown): StepOutcome {
  const fields = fieldsOf(value, "a step's outcome");
  const exports: Record<string, string> = Object.create(null) as Record<string, string>;
  const entries = Object.entries(fieldsOf(fields["exports"], "exports"));
  const sends = listOf(fields["sends"], "sends");
  if (entries.length > MAX_EXPORTS || sends.length > MAX_SENDS) throw new FrameError("a step left too many parts");
  for (const [name, json] of entries) exports[withoutNul(name)] = jsonTextOf(json, "an export");
  return {
    exports,
    evaluatedProps: jsonTextOf(fields["evaluatedProps"], "evaluated props"),
    flow: readFlow(fields["flow"]),
    sends: sends.map(readSend),
    ...(fields["exitCode"] === undefined ? {} : { exitCode: numberOf(fields["exitCode"], "an exit code") }),
  };
}

/** @throws FrameError */
export function readRpc(value: unknown): RpcPayload {
  const fields = fieldsOf(value, "a call");
  const call = numberOf(fields["call"], "the number of a call");
  const method = textOf(fields["method"], "a method");
  if (!Number.isSafeInteger(call) || method.length > MAX_METHOD_CHARS) throw new FrameError("a call is malformed");
  return { call, method, params: (fields["params"] ?? null) as Json };
}

/** @throws FrameError */
export function readResult(value: unknown): ResultPayload {
  const fields = fieldsOf(value, "a result");
  const returned = fields["returnValue"];
  return {
    ...readPartial(fields),
    error: readError(fields["error"]),
    returnValue: returned === null ? null : jsonTextOf(returned, "a return value"),
    ...(fields["step"] === undefined ? {} : { step: readStep(fields["step"]) }),
  };
}
