import { validateHeaderName, validateHeaderValue, type ServerResponse } from "node:http";
import type { HttpResponse } from "@millrace/runner";
import { setsOwnCookie } from "./own-cookies.ts";

const ALLOWED_METHODS = "GET,HEAD,PUT,PATCH,POST,DELETE";
const OWN_HEADERS = new Set(["connection", "content-length", "keep-alive", "transfer-encoding", "upgrade", "trailer"]);
// Gives the page an origin of its own: what a component serves cannot act as the dashboard that shares this host.
const SANDBOX = "sandbox allow-scripts allow-forms allow-popups allow-modals allow-downloads";

export interface ShortAnswer {
  status: number;
  code: string;
  message: string;
  retryAfterSeconds?: number | undefined;
}

/** Answers an error as the API words its own. */
export function answerProblem(
  response: ServerResponse,
  { status, code, message, retryAfterSeconds }: ShortAnswer,
): void {
  const body = JSON.stringify({ error: message, code });
  if (retryAfterSeconds !== undefined) response.setHeader("retry-after", retryAfterSeconds);
  if (status === 413) response.setHeader("connection", "close");
  response.writeHead(status, {
    "content-type": "application/json; charset=utf-8",
    "content-length": String(Buffer.byteLength(body)),
    "access-control-allow-origin": "*",
  });
  response.end(body);
}

/** Answers a preflight request; the component does not hear of it. */
export function answerPreflight(response: ServerResponse, requestedHeaders: string | undefined): void {
  response.writeHead(204, {
    "access-control-allow-origin": "*",
    "access-control-allow-methods": ALLOWED_METHODS,
    "access-control-allow-headers": requestedHeaders ?? "*",
    "access-control-max-age": "86400",
  });
  response.end();
}

/** The default answer: the event is written down. */
export function answerAccepted(response: ServerResponse, emitId: string): void {
  const body = `{"event_id":"${emitId}"}`;
  response.writeHead(200, {
    "content-type": "application/json; charset=utf-8",
    "content-length": String(body.length),
    "access-control-allow-origin": "*",
  });
  response.end(body);
}

/** Sends what the component responded; parts that HTTP does not allow are left out. */
export function answerOfComponent(
  response: ServerResponse,
  { answer, sharesOrigin }: { answer: HttpResponse; sharesOrigin: boolean },
): void {
  const body = Buffer.from(answer.body, answer.isBase64 ? "base64" : "utf8");
  response.statusCode =
    Number.isInteger(answer.status) && answer.status >= 200 && answer.status <= 599 ? answer.status : 200;
  response.setHeader("access-control-allow-origin", "*");
  for (const [name, value] of Object.entries(answer.headers)) setHeader(response, name, value);
  if (body.length > 0 && !response.hasHeader("content-type")) {
    response.setHeader("content-type", answer.isBase64 ? "application/octet-stream" : "text/plain; charset=utf-8");
  }
  if (sharesOrigin) response.setHeader("content-security-policy", SANDBOX);
  const isBodyless = response.statusCode === 204 || response.statusCode === 304;
  if (!isBodyless) response.setHeader("content-length", body.length);
  response.end(isBodyless ? undefined : body);
}

function setHeader(response: ServerResponse, name: string, value: string | string[]): void {
  if (OWN_HEADERS.has(name.toLowerCase())) return;
  try {
    validateHeaderName(name);
    for (const one of [value].flat()) validateHeaderValue(name, one);
  } catch {
    return;
  }
  const values = name.toLowerCase() === "set-cookie" ? [value].flat().filter((line) => !setsOwnCookie(line)) : value;
  if (values.length > 0) response.setHeader(name, values);
}
