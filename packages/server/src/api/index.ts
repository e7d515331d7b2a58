/**
 * The REST API: the framework that makes rest-api's conventions true, and one file per route.
 *
 * To write a route:
 * 1. Declare the operation in `packages/contract/src/<resource>.ts` inside `export const <resource>Operations = { … }`
 *    (`operation({ id, method, path, summary, tag, access, params?, query?, body?, status, reply })`; lists spread
 *    `...pageParameters` into the query and reply `pageOf(item)`, the rest `dataOf(item)` or `noContent`), add the
 *    file to the contract's `index.ts` and the table to its `operations.ts`.
 * 2. `api/routes/<resource>/<operationId>.ts`: `export function createThing(services: { things: Things }): Route {
 *    return route(thingOperations.createThing, async (request) => ({ data: … })); }`. `request.input` is validated and
 *    converted; finders get `request.orgIds`; creating uses `request.orgId()`; a workspace named by the path is
 *    `request.memberOf(request.input.id)`; another status: `request.replySettings.status = 200`. Throw `ApiError`s.
 *    SSE: `streams: "sse"` and `streamRoute(operation, async (request, raw) => …)` until `request.signal` aborts.
 * 3. List it in `api/routes/<resource>/index.ts`, that in `api/routes/all-routes.ts`, the service in `api/services.ts`.
 *    Files: `streams: "file"` and `takesFile: true` (see routes/files).
 * Lists page with `pageRequestOf(request.input)`, `selectPage` (db) and `pageReply`.
 */
export { BrowserCookies } from "./browser-cookies.ts";
export { buildApi } from "./app.ts";
export { HttpFront, type HttpObserver, type IngestPort, type RouteClass } from "./front.ts";
export type { MetricsPage } from "./metrics.ts";
export type { Readiness, ReadinessCheck } from "./meta.ts";
export { route, streamRoute, type Route } from "./route.ts";
export { allRoutes } from "./routes/index.ts";
export type { SystemReporter } from "./system-reporter.ts";
export type { ApiServices } from "./services.ts";
