import { createServer, request as httpRequest } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import { EGRESS_ERROR_HEADER } from "../messages.ts";
import type { AddressPolicy } from "./address-policy.ts";
import { EgressError, openTarget, parseAuthority, vettedAddresses } from "./target.ts";
import type { EgressTarget } from "./target.ts";
import type { ResolveHost } from "./host-resolver.ts";

/** One try to get out, for the audit log. */
export interface EgressAttempt {
  readonly host: string;
  readonly port: number;
  /** The address connected to; null when it came to none. */
  readonly address: string | null;
  readonly isAllowed: boolean;
  /** Why not. */
  readonly reason: string | null;
}

export interface EgressGateOptions {
  readonly socketPath: string;
  readonly policy: AddressPolicy;
  readonly resolve: ResolveHost;
  readonly maxConnections?: number;
  readonly idleTimeoutMs?: number;
  onAttempt?(attempt: EgressAttempt): void;
}

const MAX_CONNECTIONS = 64;
const IDLE_TIMEOUT_MS = 10 * 60_000;
const HEADERS_TIMEOUT_MS = 10_000;
const STATUS_BY_CODE: Readonly<Record<string, number>> = { EACCES: 403, EINVAL: 400, EMFILE: 429, ETIMEDOUT: 504 };
const HOP_BY_HOP = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** The proxy of one sandbox, on a unix socket of its own: whoever speaks there is that sandbox. */
export class EgressGate {
  /** Bytes that user code has sent out so far: tells whether an invocation had an effect on the world. */
  sentBytes = 0;
  readonly #options: EgressGateOptions;
  readonly #server: Server;
  readonly #sockets = new Set<Duplex>();
  readonly #surplus = new WeakSet<Duplex>();
  #clients = 0;
  #isOpen = false;

  constructor(options: EgressGateOptions) {
    this.#options = options;
    this.#server = createServer({ headersTimeout: HEADERS_TIMEOUT_MS, requestTimeout: 0, keepAliveTimeout: 60_000 });
    this.#server.on("connection", (socket: Socket) => this.#admit(socket));
    this.#server.on("connect", (request: IncomingMessage, socket: Socket, head: Buffer) => {
      void this.#tunnel({ authority: request.url ?? "", socket, head });
    });
    this.#server.on(
      "request",
      (request: IncomingMessage, response: ServerResponse) => void this.#serve(request, response),
    );
    this.#server.on("clientError", (_error, socket) => socket.destroy());
  }

  get #idleTimeoutMs(): number {
    return this.#options.idleTimeoutMs ?? IDLE_TIMEOUT_MS;
  }

  /** Starts listening. Everything is refused until `open`. */
  async listen(): Promise<void> {
    this.#server.listen(this.#options.socketPath);
    await once(this.#server, "listening");
  }

  /** Lets traffic through from now on. */
  open(): void {
    this.#isOpen = true;
  }

  /** Ends all connections and removes the socket. */
  async close(): Promise<void> {
    this.#isOpen = false;
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await rm(this.#options.socketPath, { force: true });
  }

  #admit(socket: Socket): void {
    this.#track(socket);
    this.#clients++;
    socket.once("close", () => this.#clients--);
    if (this.#clients <= (this.#options.maxConnections ?? MAX_CONNECTIONS)) return;
    // Answered once it asks: a reply before the request would be lost in the sandbox's failing write.
    this.#surplus.add(socket);
  }

  #assertAdmitted(socket: Duplex): void {
    if (this.#surplus.has(socket)) throw new EgressError("EMFILE", "too many open connections");
  }

  #track(socket: Duplex): void {
    this.#sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.once("close", () => this.#sockets.delete(socket));
  }

  async #tunnel(tunnel: { authority: string; socket: Socket; head: Buffer }): Promise<void> {
    const { socket, head } = tunnel;
    try {
      this.#assertAdmitted(socket);
      const upstream = await this.#connect(parseAuthority(tunnel.authority));
      if (socket.destroyed) return void upstream.destroy();
      socket.write("HTTP/1.1 200 Connection Established\r\n\r\n");
      this.sentBytes += head.length + 1;
      if (head.length > 0) upstream.write(head);
      socket.on("data", (chunk: Buffer) => (this.sentBytes += chunk.length));
      // The HTTP server has taken its own timeouts off when it handed the socket over.
      socket.setTimeout(this.#idleTimeoutMs, () => socket.destroy());
      socket.pipe(upstream).pipe(socket);
      // Not `destroy`: what the one side has sent before it closed still belongs to the other.
      upstream.once("close", (hadError) => (hadError ? socket.destroy() : socket.destroySoon()));
      socket.once("close", (hadError) => (hadError ? upstream.destroy() : upstream.destroySoon()));
    } catch (error) {
      if (!socket.destroyed) socket.end(rawReply(EgressError.from(error)), () => socket.destroy());
    }
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      this.#assertAdmitted(request.socket);
      const url = request.url ?? "";
      if (url.startsWith("/resolve?")) await this.#answerResolve(url, response);
      else await this.#forward(request, response);
    } catch (error) {
      const failure = EgressError.from(error);
      if (response.headersSent) return void response.destroy();
      response.writeHead(statusOf(failure), {
        [EGRESS_ERROR_HEADER]: failure.code,
        "content-type": "application/json",
        connection: "close",
      });
      response.end(JSON.stringify({ code: failure.code, message: failure.message }));
    }
  }

  async #answerResolve(url: string, response: ServerResponse): Promise<void> {
    const host = new URL(url, "http://proxy").searchParams.get("host") ?? "";
    const { policy, resolve } = this.#options;
    this.#assertOpen({ host, port: 0 });
    const addresses = await vettedAddresses({ host, port: 0 }, { policy, resolve });
    const body = addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }));
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ addresses: body }));
  }

  /** A plain `http:` request in absolute form, as many clients send it to a proxy. */
  async #forward(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = URL.canParse(request.url ?? "") ? new URL(request.url ?? "") : null;
    if (url?.protocol !== "http:") throw new EgressError("EINVAL", "only absolute http: URLs are forwarded");
    const upstream = await this.#connect({ host: url.hostname, port: Number(url.port || 80) });
    const headers = endToEnd(request.headers, url.host);
    const outgoing = httpRequest({
      createConnection: () => upstream,
      method: request.method ?? "GET",
      path: `${url.pathname}${url.search}`,
      headers: { ...headers, connection: "close" },
      setHost: false,
    });
    this.sentBytes += 1;
    request.on("data", (chunk: Buffer) => (this.sentBytes += chunk.length));
    response.once("close", () => upstream.destroy());
    outgoing.once("error", () => response.destroy());
    request.pipe(outgoing);
    const [reply] = (await once(outgoing, "response")) as [IncomingMessage];
    response.writeHead(reply.statusCode ?? 502, endToEnd(reply.headers));
    reply.pipe(response);
    reply.once("error", () => response.destroy());
  }

  async #connect(target: EgressTarget): Promise<Socket> {
    const { policy, resolve } = this.#options;
    this.#assertOpen(target);
    try {
      const addresses = await vettedAddresses(target, { policy, resolve });
      const socket = await openTarget(addresses, target.port);
      this.#track(socket);
      socket.setTimeout(this.#idleTimeoutMs, () => socket.destroy());
      this.#options.onAttempt?.({ ...target, address: socket.remoteAddress ?? null, isAllowed: true, reason: null });
      return socket;
    } catch (error) {
      const failure = EgressError.from(error);
      const isAllowed = failure.code !== "EACCES";
      this.#options.onAttempt?.({ ...target, address: null, isAllowed, reason: failure.message });
      throw failure;
    }
  }

  #assertOpen(target: EgressTarget): void {
    if (this.#isOpen) return;
    const failure = new EgressError("EACCES", "the network is not available here");
    this.#options.onAttempt?.({ ...target, address: null, isAllowed: false, reason: failure.message });
    throw failure;
  }
}

function statusOf(error: EgressError): number {
  return STATUS_BY_CODE[error.code] ?? 502;
}

function rawReply(error: EgressError): string {
  const body = JSON.stringify({ code: error.code, message: error.message });
  return [
    `HTTP/1.1 ${statusOf(error)} Refused`,
    `${EGRESS_ERROR_HEADER}: ${error.code}`,
    "content-type: application/json",
    `content-length: ${Buffer.byteLength(body)}`,
    "connection: close",
    "",
    body,
  ].join("\r\n");
}

function endToEnd(headers: IncomingMessage["headers"], host?: string): Record<string, string | string[]> {
  const kept: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && !HOP_BY_HOP.has(name)) kept[name] = value;
  }
  if (host !== undefined) kept["host"] = host;
  return kept;
}
