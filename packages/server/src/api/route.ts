import type { IncomingMessage, ServerResponse } from "node:http";
import type { Operation, ReplyOf } from "@millrace/contract";
import type { ApiRequest } from "./request.ts";

const LINGER_MS = 1_000;

/** Node's own request and response, for replies that are written bit by bit. */
export interface RawExchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** An operation with its handler. */
export interface Route {
  readonly operation: Operation;
  handle(request: ApiRequest, raw: RawExchange): Promise<unknown>;
}

/** Binds an operation to what it does. The reply is filtered by `include`/`exclude` and by its schema, then sent. */
export function route<const O extends Operation>(
  operation: O,
  handler: (request: ApiRequest<O>, raw: RawExchange) => Promise<ReplyOf<O>>,
): Route {
  return { operation, handle: (request, raw) => handler(request, raw) };
}

/**
 * Binds a streaming operation (`streams: "sse"`). Errors thrown before the handler has written its head are answered as
 * JSON; after that the handler owns the response until it settles, and the framework ends it.
 */
export function streamRoute<const O extends Operation>(
  operation: O,
  handler: (request: ApiRequest<O>, raw: RawExchange) => Promise<void>,
): Route {
  return { operation, handle: (request, raw) => handler(request, raw) };
}

/**
 * Binds an operation that takes a file (`takesFile`): the handler reads the body from the raw request. What a sender
 * still has on its way when it is refused is dropped for a moment, or its answer would be lost with the connection.
 */
export function fileRoute<const O extends Operation>(
  operation: O,
  handler: (request: ApiRequest<O>, raw: RawExchange) => Promise<ReplyOf<O>>,
): Route {
  return {
    operation,
    handle: async (request, raw) => {
      try {
        return await handler(request, raw);
      } catch (error) {
        dropRest(raw.request);
        throw error;
      }
    },
  };
}

function dropRest(request: IncomingMessage): void {
  if (request.complete) return;
  request.resume();
  const timer = setTimeout(() => request.socket.destroy(), LINGER_MS).unref();
  request.once("end", () => clearTimeout(timer));
}
