import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";

const WAIT_TIMEOUT_MS = 30_000;

export interface ReceivedRequest {
  method: string;
  /** With its query. */
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
  receivedAtMs: number;
}

export interface ReceiverReply {
  status?: number;
  headers?: Record<string, string>;
  body?: string;
}

/** Answers a request; a responder that returns nothing has used `response` itself, or leaves the sender hanging. */
export type Responder = (
  request: ReceivedRequest,
  response: ServerResponse,
) => ReceiverReply | undefined | Promise<ReceiverReply | undefined>;

/** A real HTTP target on loopback: remembers what it got and answers 200, or as it is told. */
export class TestReceiver {
  readonly url: string;
  readonly requests: ReceivedRequest[] = [];
  readonly #server: Server;
  readonly #checks = new Set<() => void>();
  #respond: Responder = () => ({ status: 200 });
  #taken = 0;

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.url = `http://127.0.0.1:${port}`;
    server.on("request", (request, response) => {
      void text(request).then(
        (body) => {
          const { method = "", url: path = "", headers } = request;
          return this.#receive({ method, path, headers, body, receivedAtMs: Date.now() }, response);
        },
        () => response.destroy(),
      );
    });
  }

  static async start(options: { port?: number } = {}): Promise<TestReceiver> {
    const server = createServer();
    server.listen(options.port ?? 0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    return new TestReceiver(server, typeof address === "object" && address !== null ? address.port : 0);
  }

  /** Answers from now on as `respond` says. */
  respondWith(respond: Responder): void {
    this.#respond = respond;
  }

  /** The oldest request that no `next` has returned yet. */
  async next(): Promise<ReceivedRequest> {
    const index = this.#taken;
    this.#taken += 1;
    await this.waitFor(index + 1);
    const request = this.requests[index];
    if (!request) throw new Error("no request");
    return request;
  }

  /** Waits for a number of requests, or for a predicate on them, and returns all. Fails after `timeoutMs`. */
  async waitFor(
    wanted: number | ((requests: readonly ReceivedRequest[]) => boolean),
    timeoutMs: number = WAIT_TIMEOUT_MS,
  ): Promise<readonly ReceivedRequest[]> {
    const isDone = (): boolean => (typeof wanted === "number" ? this.requests.length >= wanted : wanted(this.requests));
    if (isDone()) return this.requests;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const check = (): void => {
      if (isDone()) resolve();
    };
    const timer = setTimeout(
      () => reject(new Error(`The receiver waited ${timeoutMs} ms in vain; it has ${this.requests.length} requests`)),
      timeoutMs,
    );
    this.#checks.add(check);
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      this.#checks.delete(check);
    }
    return this.requests;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #receive(request: ReceivedRequest, response: ServerResponse): Promise<void> {
    this.requests.push(request);
    for (const check of this.#checks) check();
    try {
      const reply = await this.#respond(request, response);
      if (reply) response.writeHead(reply.status ?? 200, reply.headers).end(reply.body);
    } catch {
      response.destroy();
    }
  }
}
