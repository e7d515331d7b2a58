import { isIP } from "node:net";
import { AddressPolicy, HostResolver, type EgressRules, type ResolveHost } from "@millrace/runner";
import { Agent, buildConnector, type Dispatcher } from "undici";
import { EgressError, toEgressError } from "./egress-error.ts";

export interface EgressOptions {
  rules: EgressRules;
  /** How names become addresses; by the hosts file and DNS when absent. */
  resolve?: ResolveHost;
  connectTimeoutMs?: number;
  /** Told how each request ended: the class of its status, such as `2xx`, or the code of the error. */
  onEnded?(outcome: string): void;
}

export interface EgressRequest {
  url: string;
  method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE" | "HEAD" | "OPTIONS";
  headers?: Readonly<Record<string, string>>;
  body?: string | Buffer;
  /** For all of it: connecting, redirects and the body. */
  timeoutMs: number;
  /** Of the answer's body. */
  maxBytes: number;
  /** A larger body fails the request, or is cut and the connection closed. */
  whenTooLarge?: "fail" | "cut";
  /** How many redirects to follow; each is vetted like the first address. 0 when absent. */
  maxRedirects?: number;
  signal?: AbortSignal;
}

export interface EgressReply {
  status: number;
  /** Lower-case names; the first value of a repeated one. */
  headers: Readonly<Record<string, string>>;
  body: Buffer;
  isCut: boolean;
  /** Where the answer came from, after redirects. */
  url: string;
}

type ParsedRequest = Omit<EgressRequest, "url"> & { url: URL };

const CONNECT_TIMEOUT_MS = 10_000;
const CONNECTIONS_PER_ORIGIN = 64;
const MAX_ADDRESSES_TRIED = 3;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);
const CREDENTIAL_HEADERS = new Set(["authorization", "cookie", "proxy-authorization"]);

/**
 * All HTTP that the server itself sends. A name is resolved once, judged, and the connection made to exactly that
 * address; private, loopback and metadata addresses are refused unless the rules allow them.
 */
export class Egress {
  readonly #policy: AddressPolicy;
  readonly #resolve: ResolveHost;
  readonly #agent: Agent;
  readonly #onEnded: (outcome: string) => void;

  constructor(options: EgressOptions) {
    this.#onEnded = (outcome) => options.onEnded?.(outcome);
    this.#policy = new AddressPolicy(options.rules);
    const resolver = new HostResolver();
    this.#resolve = options.resolve ?? ((host) => resolver.resolve(host));
    const connector = buildConnector({ timeout: options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS });
    this.#agent = new Agent({
      connections: CONNECTIONS_PER_ORIGIN,
      connect: (target, callback) => void this.#connect(target, { connector, callback }),
    });
  }

  /** @throws EgressError when there is no complete answer; any status is an answer. */
  async request(request: EgressRequest): Promise<EgressReply> {
    // Not AbortSignal.timeout: it would live on until its time has come, long after the answer.
    const ending = new AbortController();
    let isOverdue = false;
    const timer = setTimeout(() => {
      isOverdue = true;
      ending.abort();
    }, request.timeoutMs);
    const cancel = (): void => ending.abort();
    if (request.signal?.aborted) cancel();
    request.signal?.addEventListener("abort", cancel);
    try {
      const reply = await this.#follow(request, ending.signal);
      this.#onEnded(`${Math.floor(reply.status / 100)}xx`);
      return reply;
    } catch (error) {
      const overdue = isOverdue ? new EgressError("timeout", "no answer in time", { cause: error }) : null;
      const failure = overdue ?? toEgressError(error);
      this.#onEnded(failure.code);
      throw failure;
    } finally {
      clearTimeout(timer);
      request.signal?.removeEventListener("abort", cancel);
    }
  }

  /** Closes idle connections and waits for those in use. */
  async stop(): Promise<void> {
    await this.#agent.close();
  }

  async #follow(request: EgressRequest, signal: AbortSignal): Promise<EgressReply> {
    let current: ParsedRequest = { ...request, url: httpUrl(request.url) };
    for (let redirects = 0; ; redirects++) {
      const reply = await this.#send(current, signal);
      const location = reply.headers["location"];
      if (!request.maxRedirects || !REDIRECTS.has(reply.status) || location === undefined) return reply;
      if (redirects === request.maxRedirects) {
        throw new EgressError("too_many_redirects", `more than ${request.maxRedirects} redirects`);
      }
      current = redirected(current, { status: reply.status, location });
    }
  }

  async #send(request: ParsedRequest, signal: AbortSignal): Promise<EgressReply> {
    const { url } = request;
    const answer = await this.#agent.request({
      origin: url.origin,
      path: url.pathname + url.search,
      method: request.method ?? "GET",
      headers: { "user-agent": "Millrace", ...request.headers },
      body: request.body ?? null,
      headersTimeout: request.timeoutMs,
      bodyTimeout: request.timeoutMs,
      signal,
    });
    const body = await readBody(answer.body, request);
    return { status: answer.statusCode, headers: flatten(answer.headers), ...body, url: url.href };
  }

  async #connect(
    target: buildConnector.Options,
    { connector, callback }: { connector: buildConnector.connector; callback: buildConnector.Callback },
  ): Promise<void> {
    try {
      const port = Number(target.port) || (target.protocol === "https:" ? 443 : 80);
      const addresses = await this.#vetted(target.hostname, port);
      const servername = target.servername ?? (isIP(target.hostname) === 0 ? target.hostname : undefined);
      callback(
        null,
        await openFirst(connector, { ...target, ...(servername !== undefined && { servername }) }, addresses),
      );
    } catch (error) {
      callback(toEgressError(error), null);
    }
  }

  async #vetted(host: string, port: number): Promise<readonly string[]> {
    const addresses = await this.#resolve(host);
    if (this.#policy.isPublicUrl(host, port)) return addresses;
    const verdicts = addresses.map((address) => ({ address, verdict: this.#policy.judge(address) }));
    const allowed = verdicts.filter(({ verdict }) => verdict.isAllowed).map(({ address }) => address);
    if (allowed.length > 0) return allowed;
    const refusal = verdicts[0]?.verdict;
    if (refusal?.isAllowed === false)
      throw new EgressError("blocked", `${host} is not reachable from here: ${refusal.reason}`);
    throw new EgressError("dns", `${host} has no address`);
  }
}

async function openFirst(
  connector: buildConnector.connector,
  target: buildConnector.Options,
  addresses: readonly string[],
): ReturnType<typeof openOne> {
  let failure: unknown;
  for (const address of addresses.slice(0, MAX_ADDRESSES_TRIED)) {
    try {
      return await openOne(connector, { ...target, hostname: address });
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

function openOne(
  connector: buildConnector.connector,
  target: buildConnector.Options,
): Promise<NonNullable<Parameters<buildConnector.Callback>[1]>> {
  return new Promise((resolve, reject) => {
    connector(target, (error, socket) => {
      if (socket) resolve(socket);
      else reject(error ?? new EgressError("connect", "no connection"));
    });
  });
}

function httpUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (!url || (url.protocol !== "http:" && url.protocol !== "https:")) {
    throw new EgressError("invalid_url", `"${text.slice(0, 200)}" is no http or https URL`);
  }
  return url;
}

function redirected(request: ParsedRequest, to: { status: number; location: string }): ParsedRequest {
  const url = httpUrl(
    URL.canParse(to.location, request.url.href) ? new URL(to.location, request.url).href : to.location,
  );
  const becomesGet = to.status === 303 || ((to.status === 301 || to.status === 302) && request.method === "POST");
  const isForeign = url.origin !== request.url.origin;
  const kept = Object.entries(request.headers ?? {}).filter(([name]) => {
    const lower = name.toLowerCase();
    return !(isForeign && CREDENTIAL_HEADERS.has(lower)) && !(becomesGet && lower.startsWith("content-"));
  });
  const { body, ...rest } = request;
  const next = { ...rest, url, headers: Object.fromEntries(kept) };
  return becomesGet ? { ...next, method: "GET" } : { ...next, ...(body !== undefined && { body }) };
}

async function readBody(
  stream: Dispatcher.ResponseData["body"],
  limits: Pick<EgressRequest, "maxBytes" | "whenTooLarge">,
): Promise<{ body: Buffer; isCut: boolean }> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    sizeBytes += chunk.length;
    if (sizeBytes <= limits.maxBytes) continue;
    stream.destroy();
    if (limits.whenTooLarge !== "cut")
      throw new EgressError("too_large", `the answer is larger than ${limits.maxBytes} bytes`);
    return { body: Buffer.concat(chunks).subarray(0, limits.maxBytes), isCut: true };
  }
  return { body: Buffer.concat(chunks), isCut: false };
}

function flatten(headers: Dispatcher.ResponseData["headers"]): Record<string, string> {
  const flat: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    const first = Array.isArray(value) ? value[0] : value;
    if (first !== undefined) flat[name] = first;
  }
  return flat;
}
