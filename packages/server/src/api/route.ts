import type { IncomingMessage, ServerResponse } from "node:http";
import type { Operation, ReplyOf } from "@millrace/contract";
import type { ApiRequest } from "./request.ts";

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
  handler: (request: ApiRequest<O>) => Promise<ReplyOf<O>>,
): Route {
  return { operation, handle: (request) => handler(request) };
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
