import { readFile } from "node:fs/promises";
import { join } from "node:path";
import fastifyStatic from "@fastify/static";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";

// Scripts and styles come from this server alone, and nothing is inline but the positions that editors and charts set.
const CONTENT_SECURITY_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; " +
  "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'";
const YEAR_SECONDS = 31_536_000;

/** Serves the dashboard's files. Returns their paths. @param dir where it was built */
export function serveDashboard(app: FastifyInstance, dir: string): string[] {
  void app.register(fastifyStatic, { root: dir, serve: false, preCompressed: true, cacheControl: false });
  app.get("/assets/*", (request: FastifyRequest<{ Params: { "*": string } }>, reply) => {
    // Names of assets hold the hash of their content.
    void reply.header("cache-control", `public, max-age=${YEAR_SECONDS}, immutable`);
    return reply.sendFile(join("assets", request.params["*"]));
  });
  app.get("/favicon.svg", (_request, reply) =>
    reply.header("cache-control", "public, max-age=86400").sendFile("favicon.svg"),
  );
  return ["/assets/*", "/favicon.svg"];
}

/** True for what a browser's address bar asks, as opposed to a program. */
export function isPageRequest(request: FastifyRequest): boolean {
  const { method, url } = request;
  if (method !== "GET" && method !== "HEAD") return false;
  if (url.startsWith("/v1/") || url === "/v1") return false;
  return (request.headers.accept ?? "").includes("text/html");
}

/** Answers with the dashboard's page; the path in it is the dashboard's own business. */
export async function sendPage(reply: FastifyReply, dir: string): Promise<FastifyReply> {
  const page = await readFile(join(dir, "index.html"));
  return reply
    .code(200)
    .header("content-security-policy", CONTENT_SECURITY_POLICY)
    .header("cache-control", "no-cache")
    .type("text/html; charset=utf-8")
    .send(page);
}
