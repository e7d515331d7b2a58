import { isObject } from "../definition/index.ts";
import type { UserObject } from "../definition/index.ts";
import { asText } from "../safe-json.ts";
import { hide } from "./app-instance.ts";

/** Answers as axios does, so that `{ data }` can be destructured; as JSON it is its `data`. */
export interface RequestResult {
  data: unknown;
  status: number;
  statusText: string;
  headers: Record<string, string>;
}

/** The server answered with an error status. */
export class RequestFailed extends Error {
  override name = "RequestFailed";
  readonly code = "REQUEST_FAILED";
  readonly response: RequestResult;
  constructor(response: RequestResult) {
    super(`Request failed with status code ${response.status}`);
    this.response = response;
  }
}

/** The value of an `http_request` prop: its configuration, and `execute()` which performs it. */
export function createHttpRequest(configuration: UserObject): UserObject {
  const request = { ...configuration };
  hide(request, "execute", () => execute(request));
  return request;
}

async function execute(request: UserObject): Promise<RequestResult> {
  const url = new URL(asText(request["url"]));
  for (const [name, value] of readPairs(request["params"])) url.searchParams.append(name, value);
  const headers = new Headers();
  for (const [name, value] of readPairs(request["headers"])) headers.append(name, value);
  addAuthorization(headers, request["auth"]);
  const method = (asText(request["method"]) || "GET").toUpperCase();
  const body = method === "GET" || method === "HEAD" ? undefined : readBody(request["body"], headers);
  const response = await fetch(url, { method, headers, ...(body !== undefined && { body }) });
  const result: RequestResult = {
    data: parseBody(await response.text()),
    status: response.status,
    statusText: response.statusText,
    headers: Object.fromEntries(response.headers),
  };
  Object.defineProperty(result, "toJSON", { value: () => result.data });
  if (!response.ok) throw new RequestFailed(result);
  return result;
}

/** Headers, params and fields come as `[{name, value}]` or as a plain object. */
function readPairs(list: unknown): [string, string][] {
  if (isObject(list)) return Object.entries(list).map(([name, value]) => [name, asText(value)]);
  if (!Array.isArray(list)) return [];
  return list
    .filter((item: unknown) => isObject(item) && Boolean(item["name"]) && item["disabled"] !== true)
    .map((item: UserObject) => [asText(item["name"]), asText(item["value"])]);
}

function addAuthorization(headers: Headers, auth: unknown): void {
  if (!isObject(auth)) return;
  if (auth["type"] === "basic") {
    const pair = `${asText(auth["username"])}:${asText(auth["password"])}`;
    headers.set("authorization", `Basic ${Buffer.from(pair).toString("base64")}`);
  }
  if (auth["type"] === "bearer") headers.set("authorization", `Bearer ${asText(auth["token"])}`);
}

function readBody(body: unknown, headers: Headers): string | undefined {
  if (typeof body === "string") return body;
  if (!isObject(body)) return undefined;
  const mode = body["mode"] ?? body["type"];
  const contentType = typeof body["contentType"] === "string" ? body["contentType"] : null;
  if (mode === "raw" || body["fields"] === undefined) {
    const raw = body["raw"];
    if (raw === undefined || raw === null) return undefined;
    if (contentType && !headers.has("content-type")) headers.set("content-type", contentType);
    return typeof raw === "string" ? raw : JSON.stringify(raw);
  }
  const fields = readPairs(body["fields"]);
  const type = contentType ?? "application/json";
  if (!headers.has("content-type")) headers.set("content-type", type);
  if (type.includes("x-www-form-urlencoded")) return new URLSearchParams(fields).toString();
  return JSON.stringify(Object.fromEntries(fields));
}

function parseBody(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
