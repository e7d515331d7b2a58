import type { HttpResponse } from "../../invocation.ts";
import { isObject } from "../definition/index.ts";
import { asText, stringifyLenient } from "../safe-json.ts";

/** The value of a `$.interface.http` prop; `respond` survives destructuring. */
export interface HttpInterface {
  endpoint: string | undefined;
  respond(response?: unknown): void;
}

/** @param send called for the first `respond` only; null when nobody waits for an answer. */
export function createHttpInterface(
  endpoint: string | undefined,
  send: ((response: HttpResponse) => void) | null,
): HttpInterface {
  return {
    endpoint,
    respond(response) {
      send?.(readResponse(response));
    },
  };
}

/** Reads the argument of `respond`: `status` may be text or named `statusCode`, the body text, bytes or an object sent as JSON. */
export function readResponse(response: unknown): HttpResponse {
  const given = isObject(response) ? response : {};
  const headers = readHeaders(given["headers"]);
  return { status: readStatus(given["status"] ?? given["statusCode"]), headers, ...readBody(given["body"], headers) };
}

function readStatus(value: unknown): number {
  const status = Number(value ?? 200);
  return Number.isInteger(status) && status >= 200 && status <= 599 ? status : 200;
}

function readHeaders(value: unknown): HttpResponse["headers"] {
  const headers: HttpResponse["headers"] = {};
  if (!isObject(value)) return headers;
  for (const [name, item] of Object.entries(value)) {
    if (item === undefined || item === null) continue;
    headers[name] = Array.isArray(item) ? item.map(asText) : asText(item);
  }
  return headers;
}

function readBody(body: unknown, headers: HttpResponse["headers"]): { body: string; isBase64: boolean } {
  if (body === undefined || body === null) return { body: "", isBase64: false };
  if (typeof body === "string") return { body, isBase64: false };
  if (ArrayBuffer.isView(body)) {
    const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
    return { body: bytes.toString("base64"), isBase64: true };
  }
  if (body instanceof ArrayBuffer) return { body: Buffer.from(body).toString("base64"), isBase64: true };
  if (typeof body !== "object") return { body: asText(body), isBase64: false };
  if (!Object.keys(headers).some((name) => name.toLowerCase() === "content-type")) {
    headers["content-type"] = "application/json; charset=utf-8";
  }
  return { body: stringifyLenient(body) ?? "", isBase64: false };
}
