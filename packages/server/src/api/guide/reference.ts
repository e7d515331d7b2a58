import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import Fastify, { type FastifyInstance } from "fastify";
import { REFERENCE_PATH } from "./guide-views.ts";

const START_SCRIPT = new URL("reference-start.js", import.meta.url);
const SCRIPT_PATH = "/docs/js/scalar.js";
const CONTENT_SECURITY_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; " +
  "font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; base-uri 'none'; frame-ancestors 'none'";

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>API reference · Millrace</title>
<link rel="icon" href="/favicon.svg">
<style>
:root { --scalar-custom-header-height: 41px; color-scheme: light dark; }
body { margin: 0; }
.places { position: sticky; top: 0; z-index: 20; display: flex; gap: 18px; height: 41px; align-items: center; padding: 0 20px;
  background: Canvas; color: CanvasText; border-bottom: 1px solid color-mix(in srgb, CanvasText 15%, transparent);
  font: 15px system-ui, sans-serif; }
.places a { color: inherit; }
.places a:first-child { font-weight: 700; text-decoration: none; margin-right: auto; }
</style>
</head>
<body>
<nav class="places" aria-label="Places"><a href="/docs">Millrace</a> <a href="/docs">User guide</a> <a href="/">Dashboard</a></nav>
<div id="app"></div>
<script src="${SCRIPT_PATH}"></script>
<script src="/docs/js/start.js"></script>
</body>
</html>
`;

const PATHS = [REFERENCE_PATH, "/docs/js/start.js", SCRIPT_PATH];

/** The browsable API reference, served whole from this process. Returns its paths. */
export function serveReference(app: FastifyInstance): string[] {
  let script: Promise<Buffer> | undefined;
  app.get(REFERENCE_PATH, (_request, reply) =>
    reply.header("content-security-policy", CONTENT_SECURITY_POLICY).type("text/html; charset=utf-8").send(PAGE),
  );
  app.get("/docs/js/start.js", async (_request, reply) =>
    reply.type("text/javascript; charset=utf-8").send(await readFile(START_SCRIPT)),
  );
  app.get(SCRIPT_PATH, async (request, reply) => {
    script ??= loadScript();
    void reply.type("text/javascript; charset=utf-8").header("cache-control", "public, max-age=86400");
    const zipped = await script;
    if (/\bgzip\b/.test(request.headers["accept-encoding"] ?? "")) {
      return reply.header("content-encoding", "gzip").send(zipped);
    }
    return reply.send(await promisify(gunzip)(zipped));
  });
  return PATHS;
}

/** The reference is megabytes large: it is loaded when someone looks at it for the first time. */
async function loadScript(): Promise<Buffer> {
  const { default: reference } = await import("@scalar/fastify-api-reference");
  const carrier = Fastify();
  await carrier.register(reference, { routePrefix: "/docs", configuration: { url: "/v1/openapi.json" } });
  const { rawPayload } = await carrier.inject(SCRIPT_PATH);
  await carrier.close();
  return promisify(gzip)(rawPayload);
}
