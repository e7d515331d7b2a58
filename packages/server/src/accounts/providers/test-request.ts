import type { JsonObject } from "@millrace/runner";
import { EgressError, type Egress } from "../../egress/index.ts";
import type { TestRequest } from "../catalogue/index.ts";
import type { OAuth1Pair } from "./oauth1-signature.ts";
import type { OAuth1Client } from "./oauth1-client.ts";
import { fillJson, fillText, fillUrl, valueAt, wordAt } from "./placeholders.ts";
import { oneLine } from "./provider-error.ts";

const TIMEOUT_MS = 10_000;
const MAX_ANSWER_BYTES = 1_000_000;

/** What trying an account came to. `isFinal`: the provider refused the credentials, rather than being away. */
export type TestOutcome =
  | { readonly ok: true; readonly name: string | null; readonly answer: unknown }
  | { readonly ok: false; readonly error: string; readonly isFinal: boolean };

export interface AccountTest {
  egress: Pick<Egress, "request">;
  test: TestRequest;
  credentials: JsonObject;
  /** For an account of OAuth 1.0a, whose requests are signed. */
  signer?: { client: OAuth1Client; token: OAuth1Pair };
}

/** Sends an app's test request with an account's credentials. @throws ApiError 400 for fields that fit into no URL */
export async function testAccount({ egress, test, credentials, signer }: AccountTest): Promise<TestOutcome> {
  const url = fillUrl(test.url, credentials);
  const method = test.method ?? "GET";
  const headers: Record<string, string> = { accept: "application/json" };
  for (const [name, value] of Object.entries(test.headers ?? {}))
    headers[name.toLowerCase()] = fillText(value, credentials);
  if (test.basic) headers["authorization"] = basicHeader(test.basic, credentials);
  if (signer) headers["authorization"] = signer.client.sign({ method, url }, signer.token);
  const body = bodyOf(test, credentials);
  if (body !== undefined && typeof test.body !== "string") headers["content-type"] ??= "application/json";
  const limits = { timeoutMs: TIMEOUT_MS, maxBytes: MAX_ANSWER_BYTES, whenTooLarge: "cut", maxRedirects: 3 } as const;
  try {
    const reply = await egress.request({ url, method, headers, ...(body !== undefined && { body }), ...limits });
    return verdict(test, { status: reply.status, answer: parsed(reply.body) });
  } catch (error) {
    if (!(error instanceof EgressError)) throw error;
    return { ok: false, isFinal: false, error: `The test request got no answer: ${oneLine(error.message)}` };
  }
}

function verdict(test: TestRequest, { status, answer }: { status: number; answer: unknown }): TestOutcome {
  const isOk = test.okStatuses?.includes(status) ?? (status >= 200 && status < 300);
  if (!isOk) {
    const isFinal = status >= 400 && status < 500 && status !== 429 && status !== 408;
    return { ok: false, isFinal, error: `The test request was answered with ${status}${saying(answer)}` };
  }
  if (test.okWhen !== undefined && !valueAt(answer, test.okWhen)) {
    return { ok: false, isFinal: true, error: `The test request was refused${saying(answer)}` };
  }
  return { ok: true, name: wordAt(answer, test.nameFrom), answer };
}

function saying(answer: unknown): string {
  const paths = ["error_description", "error.message", "error", "message", "errors.0.message", "detail"];
  const found = paths.map((path) => wordAt(answer, path)).find((text) => text !== null);
  return found === undefined ? "" : `: ${oneLine(found)}`;
}

function basicHeader(basic: { username: string; password: string }, credentials: JsonObject): string {
  const pair = `${fillText(basic.username, credentials)}:${fillText(basic.password, credentials)}`;
  return `Basic ${Buffer.from(pair, "utf8").toString("base64")}`;
}

function bodyOf(test: TestRequest, credentials: JsonObject): string | undefined {
  if (test.body === undefined) return undefined;
  return typeof test.body === "string"
    ? fillText(test.body, credentials)
    : JSON.stringify(fillJson(test.body, credentials));
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    return null;
  }
}
