import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { ConnectProblem, type Connections, type ConnectionStep } from "../../accounts/index.ts";
import { randomBase62 } from "../../core/index.ts";
import { readCookies, type BrowserCookies } from "../browser-cookies.ts";
import { asApiError, errorHeaders } from "../errors.ts";
import type { KnownEndpoint } from "../methods.ts";
import { awayPage, connectedPage, connectPage, failurePage, problemPage } from "./connect-views.ts";
import { sendPage } from "./page.ts";
import { STYLE } from "./style.ts";

export interface ConnectPagesOptions {
  connections: Connections;
  cookies: BrowserCookies;
}

const LINK_URL = "/connect/:token";
const CALLBACK_URL = "/v1/oauth/callback";
const STYLE_URL = "/connect/style.css";
const MAX_FORM_BYTES = 500_000;

const STATUS: Partial<Record<ConnectProblem["code"], number>> = {
  foreign_page: 403,
  link_unknown: 404,
  link_expired: 410,
  link_used: 410,
  provider_down: 502,
  provider_garbled: 502,
};

type LinkRequest = FastifyRequest<{ Params: { token: string } }>;

/**
 * The pages on which a person connects an account: made by the server, without scripts. Returns their endpoints.
 */
export function serveConnectPages(app: FastifyInstance, options: ConnectPagesOptions): KnownEndpoint[] {
  void app.register(async (scope) => {
    scope.setErrorHandler((thrown, request, reply) => answerProblem(thrown, request, reply));
    scope.get(STYLE_URL, (_request, reply) =>
      reply.type("text/css; charset=utf-8").header("cache-control", "public, max-age=3600").send(STYLE),
    );
    scope.get(LINK_URL, (request: LinkRequest, reply) => showLink(options, request, reply));
    const config = { takesForm: true };
    const bodyLimit = MAX_FORM_BYTES;
    scope.post(LINK_URL, { config, bodyLimit }, (request: LinkRequest, reply) => takeForm(options, request, reply));
    scope.get(CALLBACK_URL, (request, reply) => takeAnswer(options, request, reply));
  });
  return [
    { method: "GET", url: STYLE_URL, hasHead: true },
    { method: "GET", url: LINK_URL, hasHead: true },
    { method: "POST", url: LINK_URL, hasHead: false },
    { method: "GET", url: CALLBACK_URL, hasHead: true },
  ];
}

async function showLink(
  { connections, cookies }: ConnectPagesOptions,
  request: LinkRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const view = await connections.view(request.params.token);
  if (browserOf(cookies, request) === null) void reply.header("set-cookie", cookies.give("connect", randomBase62(40)));
  return sendPage(reply, connectPage(view, { values: {}, problems: [] }));
}

async function takeForm(
  { connections, cookies }: ConnectPagesOptions,
  request: LinkRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { token } = request.params;
  const fields = (request.body ?? {}) as Record<string, string>;
  const browserId = browserOf(cookies, request);
  // Else another site could have the account of its choice connected here, by whoever visits it.
  if (browserId === null || cookies.isFromOwnPage(request.headers) !== true) {
    throw ConnectProblem.ofForeignPage();
  }
  void reply.header("set-cookie", cookies.give("connect", browserId));
  const step = await connections.submit(token, { fields, browserId, ip: request.ip });
  if (step.kind !== "problems") return answerStep(reply, step);
  const view = await connections.view(token);
  return sendPage(reply.code(400), connectPage(view, { values: fields, problems: step.problems }));
}

async function takeAnswer(
  { connections, cookies }: ConnectPagesOptions,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const query = new URLSearchParams(request.url.split("?")[1] ?? "");
  const browser = { browserId: browserOf(cookies, request), ip: request.ip };
  const step = await connections.callback(query, browser);
  return answerStep(reply, step);
}

function answerStep(reply: FastifyReply, step: ConnectionStep): FastifyReply {
  if (step.kind === "away") {
    // No redirect: browsers let a form lead only to where its page says, and providers send on to where nobody knows.
    return sendPage(reply.header("refresh", `0; url=${step.url}`), awayPage(step));
  }
  if (step.kind === "problems") throw new Error("Problems of a form are shown in its page");
  if (step.successUrl === null) return sendPage(reply, connectedPage(step));
  return reply.redirect(withParameter(step.successUrl, ["account_id", step.accountId]), 303);
}

function answerProblem(thrown: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (thrown instanceof ConnectProblem) {
    if (thrown.errorUrl !== null) return reply.redirect(withParameter(thrown.errorUrl, ["error", thrown.code]), 303);
    return sendPage(reply.code(STATUS[thrown.code] ?? 400), problemPage(thrown));
  }
  const error = asApiError(thrown);
  if (error.status >= 500) request.log.error({ err: thrown }, "a page failed");
  return sendPage(reply.code(error.status).headers(errorHeaders(error)), failurePage(request.id));
}

function browserOf(cookies: BrowserCookies, request: FastifyRequest): string | null {
  return cookies.read(readCookies(request.headers.cookie), "connect");
}

function withParameter(url: string, [name, value]: readonly [string, string]): string {
  const target = new URL(url);
  target.searchParams.set(name, value);
  return target.href;
}
