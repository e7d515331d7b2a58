import type { Operation } from "@millrace/contract";
import Fastify, {
  LogController,
  type FastifyBaseLogger,
  type FastifyContextConfig,
  type FastifyInstance,
} from "fastify";
import type { Logger } from "pino";
import type { AuditLog, Connections, IdempotencyStore } from "../accounts/index.ts";
import { ApiError, randomBase62 } from "../core/index.ts";
import { authenticateCaller, credentialId, type AuthenticationPorts } from "./authenticate.ts";
import { bodyParsers, fileParser } from "./body.ts";
import { isPageRequest, sendPage } from "./dashboard.ts";
import { dispatcher } from "./dispatch.ts";
import { asApiError, errorBody, errorHeaders, oauthErrorBody } from "./errors.ts";
import { serveMeta, type MetaOptions } from "./meta.ts";
import { refuseOtherMethods, type KnownEndpoint } from "./methods.ts";
import { sendLoginProblem, serveConnectPages } from "./pages/index.ts";
import type { Route } from "./route.ts";
import { normalizeUrl } from "./url.ts";

export interface ApiOptions extends AuthenticationPorts {
  log: Logger;
  routes: readonly Route[];
  bodyLimitBytes: number;
  audit: AuditLog;
  /** The addresses of proxies whose `X-Forwarded-For` tells where a request came from. */
  trustedProxies: readonly string[];
  /** Null: `Idempotency-Key` is ignored. */
  idempotency: IdempotencyStore | null;
  meta: MetaOptions;
  /** Null: this node serves no pages. */
  connections: Connections | null;
  /** A reply that does not fit its schema fails the request; for tests. */
  strictReplies?: boolean;
}

const REQUEST_ID = /^[\w.-]{8,100}$/;
const SECURITY_HEADERS = {
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "cache-control": "no-store",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
};

/**
 * Builds the API. It does not listen: call `ready()`, then give `app.routing` to the HttpFront.
 */
export function buildApi(options: ApiOptions): FastifyInstance {
  const log: FastifyBaseLogger = options.log;
  const app: FastifyInstance = Fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: options.bodyLimitBytes,
    rewriteUrl: (request) => normalizeUrl(request.url ?? "/"),
    routerOptions: { maxParamLength: 1000 },
    genReqId: ({ headers }) => requestIdOf(headers["x-request-id"]),
    requestIdHeader: false,
    trustProxy: [...options.trustedProxies],
    forceCloseConnections: false,
    frameworkErrors: (thrown, request, reply) => {
      const error = asApiError(thrown);
      reply.raw.writeHead(error.status, { ...SECURITY_HEADERS, "content-type": "application/json; charset=utf-8" });
      reply.raw.end(JSON.stringify(errorBody(error, request.id)));
    },
  });
  app.decorateRequest("caller", null);
  bodyParsers(app);
  addHooks(app);
  addErrorHandlers(app, options.meta.dashboardDir);
  addRoutes(app, options);
  const metaUrls = serveMeta(app, { ...options.meta, routes: options.routes });
  const meta = metaUrls.map((url) => ({ method: "GET" as const, url, hasHead: true }));
  const { connections, cookies } = options;
  const pages = connections === null ? [] : serveConnectPages(app, { connections, cookies });
  refuseOtherMethods(app, [...endpointsOf(options.routes), ...meta, ...pages]);
  return app;
}

/** The caller's own id, when it fits into a line of a log; otherwise a new one. */
function requestIdOf(given: string | string[] | undefined): string {
  return typeof given === "string" && REQUEST_ID.test(given) ? given : randomBase62(20);
}

function addRoutes(app: FastifyInstance, options: ApiOptions): void {
  for (const route of options.routes) if (!route.operation.takesFile) addRoute(app, route, options);
  void app.register(async (scope) => {
    fileParser(scope);
    for (const route of options.routes) if (route.operation.takesFile) addRoute(scope, route, options);
  });
}

function configOf(operation: Operation): FastifyContextConfig {
  if (operation.dialect === "oauth") return { takesForm: true, errorsOf: "oauth" };
  return operation.status === 302 ? { errorsOf: "login" } : {};
}

function addRoute(app: FastifyInstance, route: Route, options: ApiOptions): void {
  const { operation } = route;
  app.route({
    method: operation.method,
    url: urlOf(operation),
    exposeHeadRoute: operation.streams === undefined,
    config: configOf(operation),
    // Before the body is read: strangers do not get to send one.
    onRequest: async (request) => {
      request.caller = await authenticateCaller(request, operation, options);
    },
    handler: dispatcher(route, {
      audit: options.audit,
      idempotency: options.idempotency,
      strictReplies: options.strictReplies ?? false,
    }),
  });
}

/** The path of a file takes the rest of the URL, slashes included. */
function urlOf({ path }: Operation): string {
  return `/v1${path.replace(/:path$/, "*")}`;
}

function endpointsOf(routes: readonly Route[]): KnownEndpoint[] {
  return routes.map(({ operation }) => ({
    method: operation.method,
    url: urlOf(operation),
    hasHead: operation.method === "GET" && operation.streams === undefined,
  }));
}

function addHooks(app: FastifyInstance): void {
  app.addHook("onRequest", async (request, reply) => {
    void reply.headers(SECURITY_HEADERS).header("x-request-id", request.id);
  });
  // The pattern, never the URL or a header: those may hold secrets.
  app.addHook("onResponse", async (request, reply) => {
    const { caller } = request;
    request.log.info(
      {
        method: request.method,
        route: request.routeOptions.url ?? null,
        status: reply.statusCode,
        took_ms: Math.round(reply.elapsedTime),
        caller: caller && credentialId(caller),
      },
      "request",
    );
  });
}

function addErrorHandlers(app: FastifyInstance, dashboardDir: string | null): void {
  app.setErrorHandler((thrown, request, reply) => {
    const error = asApiError(thrown);
    if (error.status >= 500) request.log.error({ err: thrown }, "a request failed");
    void reply.code(error.status).headers(errorHeaders(error));
    const { errorsOf } = request.routeOptions.config;
    if (errorsOf === "login" && request.headers.accept?.includes("text/html") === true) {
      return sendLoginProblem(reply, { message: error.message, requestId: request.id });
    }
    return reply.send(errorsOf === "oauth" ? oauthErrorBody(error) : errorBody(error, request.id));
  });
  app.setNotFoundHandler(async (request, reply) => {
    // The path of a page is the dashboard's own business.
    if (dashboardDir !== null && isPageRequest(request)) return sendPage(reply, dashboardDir);
    const error = new ApiError("not_found", `There is no ${request.method} ${request.url.split("?")[0] ?? ""}`);
    return reply.code(404).send(errorBody(error, request.id));
  });
}
