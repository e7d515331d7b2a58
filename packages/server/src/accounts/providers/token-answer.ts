import type { EgressReply } from "../../egress/index.ts";
import { ProviderError } from "./provider-error.ts";
import { valueAt } from "./placeholders.ts";

type Fields = Record<string, unknown>;

/** What a token endpoint said, in the words of RFC 6749, and as it was. */
export interface TokenAnswerBody {
  status: number;
  /** By the RFC. */
  standard: Fields;
  /** What paths of the catalogue look into. */
  whole: Fields;
}

/**
 * Brings an answer of a token endpoint into the RFC's form. Providers answer forms, errors with status 200, nested tokens,
 * numbers as text; what they mean is plain, and a strict client would refuse it.
 * @throws ProviderError `busy`, `garbled`
 */
export function standardAnswer(reply: EgressReply, tokenAt: string | undefined): TokenAnswerBody {
  if (reply.status >= 500 || reply.status === 429) {
    throw new ProviderError("busy", { code: `http_${reply.status}`, message: `the provider answered ${reply.status}` });
  }
  const whole = parsed(reply);
  const error = errorOf(whole);
  const isError = reply.status >= 300 || error !== null;
  if (isError) {
    const standard = error ?? { error: `http_${reply.status}` };
    return { status: reply.status >= 400 ? reply.status : 400, standard, whole };
  }
  const nested = tokenAt === undefined ? undefined : valueAt(whole, tokenAt);
  return { status: 200, standard: standardToken(isFields(nested) ? { ...whole, ...nested } : whole), whole };
}

function parsed(reply: EgressReply): Fields {
  const text = reply.body.toString("utf8").trim();
  try {
    const value: unknown = JSON.parse(text);
    if (isFields(value)) return value;
  } catch {
    const isForm = /^[\w.%+-]+=[^<>]*$/.test(text);
    if (isForm) return Object.fromEntries(new URLSearchParams(text));
  }
  if (reply.status >= 400) return {};
  const message = "the provider's answer is neither JSON nor a form";
  throw new ProviderError("garbled", { code: "garbled_answer", message });
}

function errorOf(body: Fields): { error: string; error_description?: string } | null {
  const { error } = body;
  const description = textOf(body["error_description"]) ?? textOf(body["message"]) ?? textOf(body["error_message"]);
  if (isFields(error)) {
    const code = textOf(error["code"]) ?? textOf(error["type"]) ?? textOf(error["status"]) ?? "error";
    const message = textOf(error["message"]) ?? description;
    return { error: code, ...(message !== null && { error_description: message }) };
  }
  const code = textOf(error) ?? (body["ok"] === false ? "error" : null);
  return code === null ? null : { error: code, ...(description !== null && { error_description: description }) };
}

function standardToken(body: Fields): Fields {
  const standard: Fields = { ...body, token_type: "bearer" };
  // Validating an ID token needs the provider's keys and says nothing about the tokens.
  delete standard["id_token"];
  const expiresIn = Number(body["expires_in"]);
  if (Number.isFinite(expiresIn) && expiresIn > 0) standard["expires_in"] = expiresIn;
  else delete standard["expires_in"];
  if (Array.isArray(body["scope"])) standard["scope"] = body["scope"].join(" ");
  else if (typeof body["scope"] !== "string") delete standard["scope"];
  if (typeof body["refresh_token"] !== "string" || body["refresh_token"] === "") delete standard["refresh_token"];
  return standard;
}

function textOf(value: unknown): string | null {
  if (typeof value === "number") return String(value);
  return typeof value === "string" && value !== "" ? value : null;
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
