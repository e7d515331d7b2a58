import type { FastifyInstance, HTTPMethods } from "fastify";
import { ApiError } from "../core/index.ts";

export interface KnownEndpoint {
  method: HTTPMethods;
  url: string;
  /** HEAD works like GET. */
  hasHead: boolean;
}

const METHODS: HTTPMethods[] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/** A known path with another method is 405 and says what is allowed, rather than 404. */
export function refuseOtherMethods(app: FastifyInstance, endpoints: readonly KnownEndpoint[]): void {
  const allowedByShape = new Map<string, { url: string; allowed: Set<HTTPMethods> }>();
  for (const { method, url, hasHead } of endpoints) {
    // The router wants one name per parameter place; `/a/:id` and `/a/:key` are one path.
    const shape = url.replace(/:\w+/g, ":");
    const entry = allowedByShape.get(shape) ?? { url, allowed: new Set<HTTPMethods>() };
    entry.allowed.add(method);
    if (hasHead) entry.allowed.add("HEAD");
    allowedByShape.set(shape, entry);
  }
  for (const { url, allowed } of allowedByShape.values()) {
    const allow = [...allowed].join(", ");
    app.route({
      method: METHODS.filter((method) => !allowed.has(method)),
      url,
      exposeHeadRoute: false,
      handler: async (request, reply) => {
        void reply.header("allow", allow);
        throw new ApiError("method_not_allowed", `${request.method} is not allowed here; use ${allow}`);
      },
    });
  }
}
