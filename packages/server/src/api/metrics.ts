import { createHash, timingSafeEqual } from "node:crypto";
import type { FastifyInstance, FastifyRequest } from "fastify";
import ipaddr from "ipaddr.js";
import { ApiError } from "../core/index.ts";

/** Metrics in Prometheus' text format, and who may read them. */
export interface MetricsPage {
  /** Null: only this machine may, and only directly. */
  token: string | null;
  contentType: string;
  render(): Promise<string>;
}

const FORWARDING = ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "via"];
const LOCAL_HOST = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/i;

/** Serves `GET /metrics`. Returns its path. */
export function serveMetrics(app: FastifyInstance, page: MetricsPage): string {
  app.get("/metrics", async (request, reply) => {
    if (page.token === null) assertDirectLocal(request);
    else assertToken(request, page.token);
    return reply.type(page.contentType).send(await page.render());
  });
  return "/metrics";
}

/** A proxy on this machine is local too, so it counts what it adds; the host, because of pages that rebind their name. */
function assertDirectLocal({ raw }: FastifyRequest): void {
  const address = raw.socket.remoteAddress ?? "";
  const isLocal = ipaddr.isValid(address) && ipaddr.process(address).range() === "loopback";
  const isForwarded = FORWARDING.some((name) => raw.headers[name] !== undefined);
  if (isLocal && !isForwarded && LOCAL_HOST.test(raw.headers.host ?? "")) return;
  throw new ApiError("forbidden", "Set MILLRACE_METRICS_TOKEN to read metrics from elsewhere than this machine");
}

function assertToken({ headers }: FastifyRequest, token: string): void {
  const given = /^Bearer +(\S+)$/i.exec(headers.authorization ?? "")?.[1] ?? "";
  if (timingSafeEqual(digest(given), digest(token))) return;
  throw new ApiError("unauthorized", "This needs the token of MILLRACE_METRICS_TOKEN");
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
