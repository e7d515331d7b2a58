import type { Egress, EgressReply, EgressRequest } from "../../egress/index.ts";
import { invalidSend, SendError, type SendOutcome, type SendPayload } from "./send-outcome.ts";

const TIMEOUT_MS = 5_000;
const MAX_REPLY_BYTES = 10_000;
const MAX_REDIRECTS = 5;
const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] as const;
const OTHER_METHODS = new Set(["CONNECT", "TRACE"]);
// Those that frame the request are ours.
const OWN_HEADERS = new Set([
  "host",
  "content-length",
  "connection",
  "transfer-encoding",
  "upgrade",
  "expect",
  "keep-alive",
]);

/** Sends one request: five seconds for all of it, and no second try. @throws SendError, EgressError */
export async function sendHttp(egress: Egress, payload: SendPayload): Promise<Omit<SendOutcome, "duration_ms">> {
  const request = requestOf(payload);
  const reply = await egress.request({
    ...request,
    timeoutMs: TIMEOUT_MS,
    maxBytes: MAX_REPLY_BYTES,
    whenTooLarge: "cut",
    maxRedirects: MAX_REDIRECTS,
  });
  const shown = { request: { method: request.method, url: shownUrl(request.url) }, response: responseOf(reply) };
  if (reply.status < 400) return { status: "success", ...shown };
  return { status: "error", error: { code: "http_status", message: `answered ${reply.status}` }, ...shown };
}

function requestOf(payload: SendPayload): Pick<EgressRequest, "headers" | "body"> & { method: Method; url: string } {
  const headers = headersOf(payload["headers"]);
  const auth = payload["auth"];
  if (isRecord(auth) && headers["authorization"] === undefined) {
    const pair = `${textOf(auth["username"])}:${textOf(auth["password"])}`;
    headers["authorization"] = `Basic ${Buffer.from(pair).toString("base64")}`;
  }
  const body = bodyOf(payload["data"], headers);
  return { method: methodOf(payload["method"]), url: urlOf(payload), headers, ...(body !== undefined && { body }) };
}

type Method = (typeof METHODS)[number];
function methodOf(value: unknown): Method {
  const name = typeof value === "string" ? value.toUpperCase() : "";
  const method = METHODS.find((known) => known === name);
  if (method) return method;
  if (OTHER_METHODS.has(name)) throw new SendError("unsupported", `${name} requests are not sent`);
  throw invalidSend("method", `one of ${METHODS.join(", ")}`);
}

function urlOf({ url: text, params }: SendPayload): string {
  const url = typeof text === "string" ? URL.parse(text) : null;
  if (!url || !/^https?:$/.test(url.protocol)) throw invalidSend("url", "an http or https URL");
  if (isRecord(params)) {
    for (const [name, value] of Object.entries(params)) {
      for (const one of [value].flat())
        if (one !== null && one !== undefined) url.searchParams.append(name, textOf(one));
    }
  }
  return url.href;
}

function headersOf(value: unknown): Record<string, string> {
  const headers: Record<string, string> = {};
  if (!isRecord(value)) return headers;
  for (const [name, content] of Object.entries(value)) {
    const lower = name.toLowerCase();
    if (content !== null && content !== undefined && !OWN_HEADERS.has(lower)) headers[lower] = textOf(content);
  }
  return headers;
}

function bodyOf(data: unknown, headers: Record<string, string>): string | undefined {
  if (data === undefined || data === null) return undefined;
  if (typeof data === "string") return data;
  if (headers["content-type"]?.startsWith("application/x-www-form-urlencoded") && isRecord(data)) {
    return new URLSearchParams(
      Object.entries(data).map(([name, value]): [string, string] => [name, textOf(value)]),
    ).toString();
  }
  headers["content-type"] ??= "application/json";
  return JSON.stringify(data);
}

function responseOf(reply: EgressReply): NonNullable<SendOutcome["response"]> {
  return { status: reply.status, headers: reply.headers, body: reply.body.toString("utf8"), truncated: reply.isCut };
}

/** Without what may be a secret: user, password and query. */
function shownUrl(text: string): string {
  const url = new URL(text);
  return `${url.origin}${url.pathname}`;
}

function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  return value === undefined || value === null ? "" : JSON.stringify(value);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
