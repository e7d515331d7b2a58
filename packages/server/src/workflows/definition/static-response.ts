import type { HttpResponse, Json, JsonObject } from "@millrace/runner";
import type { Fields } from "./problems.ts";

const MAX_BODY_BYTES = 64 * 1024;
const HEADER_NAME = /^[!#$%&'*+.^_`|~\w-]+$/;
const UNSAFE_VALUE = /[^\t\x20-\x7e\x80-\xff]/;

/** Reads `static_response`: `{status?, headers?, body?}`; a body that is no text goes out as JSON. */
export function readStaticResponse(fields: Fields | undefined): HttpResponse | null {
  if (!fields) return null;
  fields.refuseOthers(["status", "headers", "body"]);
  const status = fields.whole("status", { min: 200, max: 599 }) ?? 200;
  const headers = readHeaders(fields, fields.record("headers") ?? {});
  const body = textOf(fields.raw("body"));
  if (Buffer.byteLength(body.text) > MAX_BODY_BYTES) fields.problem("body", `may have ${MAX_BODY_BYTES} bytes`);
  const hasType = Object.keys(headers).some((name) => name.toLowerCase() === "content-type");
  const typed = body.isJson && !hasType ? { ...headers, "content-type": "application/json; charset=utf-8" } : headers;
  return { status, headers: typed, body: body.text, isBase64: false };
}

function textOf(body: Json | undefined): { text: string; isJson: boolean } {
  if (body === undefined) return { text: "", isJson: false };
  return typeof body === "string" ? { text: body, isJson: false } : { text: JSON.stringify(body), isJson: true };
}

function readHeaders(fields: Fields, given: JsonObject): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(given)) {
    const isAllowed = typeof value !== "object" && HEADER_NAME.test(name) && !UNSAFE_VALUE.test(String(value));
    if (isAllowed) headers[name] = String(value);
    else fields.problem(`headers.${name}`, "is no header that HTTP allows");
  }
  return headers;
}
