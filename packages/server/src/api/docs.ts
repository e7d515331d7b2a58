import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import Fastify, { type FastifyInstance } from "fastify";

const SCRIPT_PATH = "/docs/js/scalar.js";
const CONTENT_SECURITY_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; " +
  "font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; base-uri 'none'; frame-ancestors 'none'";

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Millrace API</title>
</head>
<body>
<div id="app"></div>
<script src="${SCRIPT_PATH}"></script>
<script src="/docs/js/start.js"></script>
</body>
</html>
`;

// Nothing of the reference leaves this server: no fonts, proxy, telemetry or assistant of others.
const START_SCRIPT = `Scalar.createApiReference("#app", {
  url: "/v1/openapi.json",
  servers: [{ url: location.origin + "/v1" }],
  withDefaultFonts: false,
  proxyUrl: "",
  telemetry: false,
  agent: { disabled: true },
  mcp: { disabled: true },
  hideClientButton: true,
  showDeveloperTools: "never",
  persistAuth: false,
});
`;

const PATHS = ["/docs", "/docs/js/start.js", SCRIPT_PATH];

/** The browsable reference at `/docs`, served whole from this process. Returns its paths. */
export function serveDocs(app: FastifyInstance): string[] {
  let script: Promise<Buffer> | undefined;
  app.get("/docs", (_request, reply) =>
    reply.header("content-security-policy", CONTENT_SECURITY_POLICY).type("text/html; charset=utf-8").send(PAGE),
  );
  app.get("/docs/js/start.js", (_request, reply) => reply.type("text/javascript; charset=utf-8").send(START_SCRIPT));
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
