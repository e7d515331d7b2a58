import { createHmac } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

interface Token {
  secret: string;
  callback?: string;
  verifier?: string;
}

interface SignedRequest {
  method: string;
  url: URL;
  oauth: Map<string, string>;
  form: URLSearchParams;
}

/** A provider of OAuth 1.0a on loopback that judges every signature for itself (RFC 5849, HMAC-SHA1). */
export class OAuth1Server implements AsyncDisposable {
  readonly consumer = { key: "consumer key/1", secret: "consumer&secret" };
  readonly #server: Server;
  readonly #tokens = new Map<string, Token>();
  readonly #nonces = new Set<string>();
  #count = 0;

  private constructor() {
    this.#server = createServer((request, response) => void this.#answer(request, response));
  }

  static async start(): Promise<OAuth1Server> {
    const provider = new OAuth1Server();
    provider.#server.listen(0, "127.0.0.1");
    await once(provider.#server, "listening");
    return provider;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, "close");
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", this.url);
    const body = await text(request);
    if (url.pathname === "/authorize") return this.#authorize(url, response);
    const isForm = request.headers["content-type"]?.startsWith("application/x-www-form-urlencoded") ?? false;
    const oauth = parametersOf(request.headers.authorization ?? "");
    const signed = { method: request.method ?? "", url, oauth, form: new URLSearchParams(isForm ? body : "") };
    const fault = this.#judge(signed);
    if (fault !== null) return void response.writeHead(401).end(fault);
    if (url.pathname === "/request_token")
      return void response.end(this.#issue({ callback: oauth.get("oauth_callback") ?? "" }));
    if (url.pathname === "/access_token") return this.#exchange(oauth, response);
    const echo = { user: { id: 42, name: "Grace" }, method: signed.method, form: Object.fromEntries(signed.form) };
    response.setHeader("content-type", "application/json").end(JSON.stringify(echo));
  }

  #authorize(url: URL, response: ServerResponse): void {
    const key = url.searchParams.get("oauth_token") ?? "";
    const token = this.#tokens.get(key);
    if (!token?.callback) return void response.writeHead(400).end("unknown request token");
    const back = new URL(token.callback);
    if (url.searchParams.has("decline")) {
      back.searchParams.set("denied", key);
    } else {
      token.verifier = `verifier-${++this.#count}`;
      back.searchParams.set("oauth_token", key);
      back.searchParams.set("oauth_verifier", token.verifier);
    }
    response.writeHead(302, { location: back.href }).end();
  }

  #exchange(oauth: Map<string, string>, response: ServerResponse): void {
    const key = oauth.get("oauth_token") ?? "";
    const verifier = this.#tokens.get(key)?.verifier;
    if (verifier === undefined || verifier !== oauth.get("oauth_verifier"))
      return void response.writeHead(401).end("verifier");
    this.#tokens.delete(key);
    response.end(`${this.#issue({})}&user_id=42`);
  }

  #issue(facts: Partial<Token>): string {
    const key = `token ${++this.#count}`;
    const secret = `token+secret/${this.#count}`;
    this.#tokens.set(key, { secret, ...facts });
    return new URLSearchParams({
      oauth_token: key,
      oauth_token_secret: secret,
      oauth_callback_confirmed: "true",
    }).toString();
  }

  /** Why a request is not let in; null when it is. */
  #judge({ method, url, oauth, form }: SignedRequest): string | null {
    const nonce = `${oauth.get("oauth_timestamp")} ${oauth.get("oauth_nonce")}`;
    if (this.#nonces.has(nonce)) return "nonce was used";
    this.#nonces.add(nonce);
    if (oauth.get("oauth_consumer_key") !== this.consumer.key) return "unknown consumer";
    if (Math.abs(Number(oauth.get("oauth_timestamp")) - Date.now() / 1000) > 300) return "clock";
    const tokenKey = oauth.get("oauth_token");
    const token = tokenKey === undefined ? undefined : this.#tokens.get(tokenKey);
    if (tokenKey !== undefined && token === undefined) return "unknown token";
    const signature = oauth.get("oauth_signature");
    const given = [...oauth].filter(([name]) => name !== "oauth_signature");
    const lines = [...url.searchParams, ...form, ...given].map(([name, value]) => `${rfc3986(name)}=${rfc3986(value)}`);
    // Bytes in order, as the RFC sorts: encoded names and values are ASCII.
    lines.sort((a, b) => Buffer.compare(Buffer.from(a.replace("=", "\u0000")), Buffer.from(b.replace("=", "\u0000"))));
    const base = `${method}&${rfc3986(url.origin + url.pathname)}&${rfc3986(lines.join("&"))}`;
    const key = `${rfc3986(this.consumer.secret)}&${rfc3986(token?.secret ?? "")}`;
    return createHmac("sha1", key).update(base).digest("base64") === signature ? null : `signature of ${base}`;
  }
}

function parametersOf(header: string): Map<string, string> {
  const words = header.replace(/^OAuth\s+/i, "").split(/\s*,\s*/);
  return new Map(
    words
      .map((word) => /^([^=]+)="(.*)"$/.exec(word))
      .map((match) => [match?.[1] ?? "", decodeURIComponent(match?.[2] ?? "")]),
  );
}

function rfc3986(value: string): string {
  return [...Buffer.from(value)]
    .map((byte) => {
      const char = String.fromCharCode(byte);
      return /[A-Za-z0-9\-._~]/.test(char) ? char : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
    })
    .join("");
}
