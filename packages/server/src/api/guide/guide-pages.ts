import { fileURLToPath } from "node:url";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { Guide } from "./guide.ts";
import { GUIDE_STYLE } from "./guide-style.ts";
import { GUIDE_STYLE_PATH, guideView, missingView, SEARCH_PATH, searchView } from "./guide-views.ts";

const DOCS = new URL("../../../../../docs/", import.meta.url);
const CONTENT_SECURITY_POLICY =
  "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
const PAGE_PATH = "/docs/:name";
const MAX_QUERY_CHARS = 200;

/** The user guide: pages without scripts. They are read when someone asks for the first one. Returns their paths. */
export function serveGuide(app: FastifyInstance): string[] {
  let loading: Promise<Guide> | undefined;
  const load = () => (loading ??= Guide.load(fileURLToPath(DOCS)));
  app.get("/docs", async (_request, reply) => sendNamed(reply, await load(), ""));
  app.get(PAGE_PATH, async (request: FastifyRequest<{ Params: { name: string } }>, reply) =>
    sendNamed(reply, await load(), request.params.name),
  );
  app.get(SEARCH_PATH, async (request: FastifyRequest<{ Querystring: { q?: unknown } }>, reply) => {
    const { q } = request.query;
    const query = typeof q === "string" ? q.slice(0, MAX_QUERY_CHARS) : "";
    const guide = await load();
    return sendPage(reply, searchView(guide, { query, found: guide.search(query) }));
  });
  app.get(GUIDE_STYLE_PATH, (_request, reply) =>
    reply.type("text/css; charset=utf-8").header("cache-control", "public, max-age=3600").send(GUIDE_STYLE),
  );
  return ["/docs", PAGE_PATH, SEARCH_PATH, GUIDE_STYLE_PATH];
}

function sendNamed(reply: FastifyReply, guide: Guide, name: string): FastifyReply {
  const page = guide.find(name);
  return page === null ? sendPage(reply.code(404), missingView(guide)) : sendPage(reply, guideView(guide, page));
}

function sendPage(reply: FastifyReply, text: string): FastifyReply {
  return reply
    .header("content-security-policy", CONTENT_SECURITY_POLICY)
    .header("cache-control", "no-cache")
    .type("text/html; charset=utf-8")
    .send(text);
}
