import { createHmac, createSign, randomBytes } from "node:crypto";

export type OAuth1Method = "HMAC-SHA1" | "HMAC-SHA256" | "PLAINTEXT" | "RSA-SHA1";

/** A key and its secret: of the client, or of a token. */
export interface OAuth1Pair {
  readonly key: string;
  readonly secret: string;
}

export interface OAuth1Request {
  readonly method: string;
  /** With its query, which is signed too. */
  readonly url: string;
  /** Fields of a form-encoded body. */
  readonly form?: Readonly<Record<string, string | readonly string[]>>;
}

export interface OAuth1Signing {
  /** For RSA-SHA1 its secret is the private key in PEM. */
  readonly client: OAuth1Pair;
  readonly token?: OAuth1Pair;
  readonly signatureMethod: OAuth1Method;
  /** Further protocol parameters: `oauth_callback`, `oauth_verifier`. */
  readonly parameters?: Readonly<Record<string, string>>;
  readonly nonce?: string;
  readonly timestampSeconds?: number;
}

type Pair = readonly [name: string, value: string];

/** Percent-encoding of RFC 5849 §3.6: everything but unreserved characters. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** The `Authorization` header that signs a request (RFC 5849). */
export function oauth1Header(request: OAuth1Request, signing: OAuth1Signing): string {
  const protocol: Pair[] = Object.entries({
    oauth_consumer_key: signing.client.key,
    oauth_nonce: signing.nonce ?? randomBytes(16).toString("hex"),
    oauth_signature_method: signing.signatureMethod,
    oauth_timestamp: String(signing.timestampSeconds ?? Math.floor(Date.now() / 1000)),
    ...(signing.token && { oauth_token: signing.token.key }),
    oauth_version: "1.0",
    ...signing.parameters,
  });
  const signature = sign(baseString(request, protocol), signing);
  const words = [...protocol, ["oauth_signature", signature] as const];
  return `OAuth ${words.map(([name, value]) => `${encode(name)}="${encode(value)}"`).join(", ")}`;
}

function baseString(request: OAuth1Request, protocol: readonly Pair[]): string {
  const url = new URL(request.url);
  const form = Object.entries(request.form ?? {}).flatMap(([name, value]) =>
    (typeof value === "string" ? [value] : value).map((item): Pair => [name, item]),
  );
  const pairs = [...url.searchParams, ...form, ...protocol].map(
    ([name, value]) => [encode(name), encode(value)] as const,
  );
  const normal = pairs
    .toSorted((a, b) => compare(a[0], b[0]) || compare(a[1], b[1]))
    .map(([name, value]) => `${name}=${value}`)
    .join("&");
  return [request.method.toUpperCase(), `${url.origin}${url.pathname}`, normal].map(encode).join("&");
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function sign(base: string, { client, token, signatureMethod }: OAuth1Signing): string {
  const key = `${encode(client.secret)}&${encode(token?.secret ?? "")}`;
  if (signatureMethod === "PLAINTEXT") return key;
  if (signatureMethod === "RSA-SHA1") return createSign("RSA-SHA1").update(base).sign(client.secret, "base64");
  const digest = signatureMethod === "HMAC-SHA256" ? "sha256" : "sha1";
  return createHmac(digest, key).update(base).digest("base64");
}
