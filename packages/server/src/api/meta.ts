import type { FastifyInstance } from "fastify";
import { ApiError } from "../core/index.ts";
import { isPageRequest, sendPage, serveDashboard } from "./dashboard.ts";
import { serveDocs } from "./guide/index.ts";
import { openApiDocument } from "./openapi.ts";
import { serveMetrics, type MetricsPage } from "./metrics.ts";
import type { Route } from "./route.ts";
import { serveWellKnown } from "./well-known.ts";

/** One thing that must work before this node takes requests. */
export interface ReadinessCheck {
  ok: boolean;
  detail?: string;
}

export interface Readiness {
  ready: boolean;
  /** `database`, `migrations`, `roles`, `sandbox`, … */
  checks: Record<string, ReadinessCheck>;
}

export interface MetaOptions {
  version: string;
  publicUrl: string;
  /** Folder of the built dashboard; null when this process serves none. */
  dashboardDir: string | null;
  /** The public keys that access tokens are signed with. */
  jwks(): object;
  /** Asked by `/readyz`; a rejection counts as not ready. */
  readiness(): Promise<Readiness>;
  metrics: MetricsPage;
}

const READINESS_TIMEOUT_MS = 5_000;

/**
 * What is about the server rather than in it: health, readiness, the OpenAPI document, the reference, the front page.
 * Returns their paths.
 */
export function serveMeta(app: FastifyInstance, options: MetaOptions & { routes: readonly Route[] }): string[] {
  let document: string | undefined;
  const { dashboardDir } = options;
  const assets = dashboardDir === null ? [] : serveDashboard(app, dashboardDir);
  app.get("/", async (request, reply) => {
    if (dashboardDir !== null && isPageRequest(request)) return sendPage(reply, dashboardDir);
    return {
      name: "Millrace",
      version: options.version,
      docs: `${options.publicUrl}/docs`,
      api: `${options.publicUrl}/v1`,
      openapi: `${options.publicUrl}/v1/openapi.json`,
    };
  });
  app.get("/healthz", () => ({ status: "ok" }));
  app.get("/readyz", async (_request, reply) => {
    const readiness = await readinessWithin(options);
    if (!readiness.ready) void reply.code(503).header("retry-after", "1");
    return readiness;
  });
  app.get("/v1/openapi.json", (_request, reply) => {
    const operations = options.routes.map((route) => route.operation);
    document ??= JSON.stringify(openApiDocument({ ...options, operations }));
    return reply.type("application/json; charset=utf-8").send(document);
  });
  return [
    "/",
    "/healthz",
    "/readyz",
    "/v1/openapi.json",
    serveMetrics(app, options.metrics),
    ...serveWellKnown(app, options),
    ...serveDocs(app),
    ...assets,
  ];
}

async function readinessWithin(options: MetaOptions): Promise<Readiness> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new ApiError("unavailable", "no answer in time")), READINESS_TIMEOUT_MS);
  try {
    return await Promise.race([options.readiness(), late]);
  } catch (error) {
    const detail = error instanceof ApiError ? error.message : "the check failed";
    return { ready: false, checks: { readiness: { ok: false, detail } } };
  } finally {
    clearTimeout(timer);
  }
}
