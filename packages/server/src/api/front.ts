import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { once } from "node:events";
import { randomBase62 } from "../core/index.ts";

/** Takes requests to endpoints before the API sees them. */
export interface IngestPort {
  /** True: the request is an endpoint's and will be answered. */
  tryHandle(request: IncomingMessage, response: ServerResponse): boolean;
}

export type HttpHandler = (request: IncomingMessage, response: ServerResponse) => void;

export interface FrontHandlers {
  api: HttpHandler;
  ingest?: IngestPort | undefined;
  observer?: HttpObserver | undefined;
}

/** What a request was for: an endpoint, the REST API, whoever watches the server, or the dashboard and other pages. */
export type RouteClass = "endpoint" | "api" | "health" | "page";

/** Told of every request that was answered; must be quick. */
export interface HttpObserver {
  answered(route: RouteClass, facts: { status: number; tookMs: number; isStream: boolean }): void;
}

export interface ListenOptions {
  host: string;
  port: number;
}

const RETRY_AFTER_SECONDS = 1;

/**
 * The one HTTP server. It listens from the first moment; until it is opened (and again once it closes) everything but
 * `/healthz` answers 503 with Retry-After, never a false 2xx.
 */
export class HttpFront {
  readonly server: Server;
  #handlers: FrontHandlers | null = null;

  constructor() {
    this.server = createServer({ requestTimeout: 120_000, headersTimeout: 20_000, keepAliveTimeout: 72_000 });
    this.server.on("request", (request: IncomingMessage, response: ServerResponse) => this.#handle(request, response));
  }

  /** Starts to listen. @returns the port. @throws Node's error (`EADDRINUSE`, `EACCES`) */
  async listen(options: ListenOptions): Promise<number> {
    this.server.listen(options);
    await once(this.server, "listening");
    const address = this.server.address();
    return typeof address === "object" && address !== null ? address.port : options.port;
  }

  open(handlers: FrontHandlers): void {
    this.#handlers = handlers;
  }

  /** Refuses new requests and waits at most `graceMs` for those in flight. */
  async close(graceMs: number): Promise<void> {
    this.#handlers = null;
    if (!this.server.listening) return;
    const closed = once(this.server, "close");
    this.server.close();
    this.server.closeIdleConnections();
    const forced = setTimeout(() => this.server.closeAllConnections(), graceMs);
    await closed;
    clearTimeout(forced);
  }

  #handle(request: IncomingMessage, response: ServerResponse): void {
    if (this.#handlers === null) return refuse(request, response);
    const { api, ingest, observer } = this.#handlers;
    const startedMs = performance.now();
    const { url } = request;
    const isTaken = ingest?.tryHandle(request, response) ?? false;
    if (observer) {
      response.once("close", () => {
        const route = isTaken ? "endpoint" : classOf(url ?? "/");
        const isStream = String(response.getHeader("content-type")).startsWith("text/event-stream");
        observer.answered(route, {
          status: response.headersSent ? response.statusCode : GAVE_UP,
          tookMs: performance.now() - startedMs,
          isStream,
        });
      });
    }
    if (!isTaken) api(request, response);
  }
}

/** What proxies log for a caller that left before it had an answer. */
const GAVE_UP = 499;
const HEALTH = new Set(["/healthz", "/readyz", "/metrics"]);

function classOf(url: string): RouteClass {
  if (url.startsWith("/v1/")) return "api";
  return HEALTH.has(url) ? "health" : "page";
}

function refuse(request: IncomingMessage, response: ServerResponse): void {
  response.setHeader("content-type", "application/json; charset=utf-8");
  response.setHeader("x-content-type-options", "nosniff");
  if (request.url === "/healthz") {
    response.end(JSON.stringify({ status: "starting" }));
    return;
  }
  response.statusCode = 503;
  response.setHeader("retry-after", String(RETRY_AFTER_SECONDS));
  response.setHeader("connection", "close");
  const error = "Millrace is starting or stopping; try again in a moment";
  response.end(JSON.stringify({ error, code: "unavailable", request_id: randomBase62(20) }));
}
