import { roleOf, scopeOf, scopesOf, type Operation } from "@millrace/contract";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { AuditLog, IdempotencyStore, IdempotentAnswer } from "../accounts/index.ts";
import { ApiError, limitedToRole, scopesAllow, type Principal } from "../core/index.ts";
import { audited } from "./audited.ts";
import { readCookies } from "./browser-cookies.ts";
import { answerOnce } from "./idempotency.ts";
import { inputReader } from "./input.ts";
import { declaredOnly, filterFields, replyMismatch } from "./reply.ts";
import { creatingOrgId, memberOf, type ApiRequest, type AuditNote, type CallerScope } from "./request.ts";
import type { Route } from "./route.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** Set before the body is read; null on public routes. */
    caller: Principal | null;
  }
}

export interface DispatchOptions {
  audit: AuditLog;
  idempotency: IdempotencyStore | null;
  /** A reply that does not fit its schema fails the request; for tests. */
  strictReplies: boolean;
}

type FastifyHandler = (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>;

/** Makes the Fastify handler of a route: read input, find the caller's scope, run, filter, answer. */
export function dispatcher(route: Route, options: DispatchOptions): FastifyHandler {
  const { operation } = route;
  const readInput = inputReader(operation);
  return async (raw, reply) => {
    const body = isObject(raw.body) ? raw.body : {};
    const parts = { params: paramsOf(raw), query: queryOf(operation, raw), body };
    const request = requestOf({ operation, raw, reply, input: readInput(parts) });
    if (operation.streams) return stream({ route, request, raw, reply });
    const change = { operation, request, caller: raw.caller };
    const run = async (): Promise<IdempotentAnswer> => {
      const handle = () => route.handle(request, { request: raw.raw, response: reply.raw });
      const result = await audited(options.audit, change, handle);
      return { status: request.replySettings.status ?? operation.status, body: bodyOf(operation, result, options) };
    };
    const key = operation.method === "POST" ? raw.headers["idempotency-key"] : undefined;
    const { idempotency } = options;
    const answer =
      idempotency && raw.caller && key !== undefined
        ? await answerOnce(idempotency, { caller: raw.caller, key: String(key), operationId: operation.id, parts }, run)
        : await run();
    if (answer.isReplay) void reply.header("idempotency-replayed", "true");
    void reply.headers(request.replySettings.headers).code(answer.status);
    if (answer.status === 204) return reply.send();
    const json = JSON.stringify(filterFields(answer.body, request.input));
    return reply.type("application/json; charset=utf-8").send(json);
  };
}

function bodyOf(operation: Operation, result: unknown, options: DispatchOptions): unknown {
  const mismatch = options.strictReplies ? replyMismatch(operation, result) : null;
  if (mismatch !== null) throw new Error(`Reply does not fit its schema: ${mismatch}`);
  return declaredOnly(operation.reply, result);
}

interface RequestParts {
  operation: Operation;
  raw: FastifyRequest;
  reply: FastifyReply;
  input: ApiRequest["input"];
}

function requestOf({ operation, raw, reply, input }: RequestParts): ApiRequest {
  const { caller } = raw;
  const role = roleOf(operation);
  const principal = caller && limitedToRole(caller, role);
  if (caller && principal && principal.orgIds.length === 0 && caller.orgIds.length > 0) {
    throw new ApiError("forbidden", `This needs the role ${role} or a stronger one`);
  }
  if (caller) assertInScope(caller, operation);
  const scope: CallerScope = { caller, allowedOrgIds: principal?.orgIds ?? [], role };
  const orgIds = caller && input.org_id !== undefined ? [memberOf(scope, input.org_id)] : scope.allowedOrgIds;
  const aborter = new AbortController();
  reply.raw.once("close", () => aborter.abort());
  const auditNote: AuditNote = {};
  const noted = (orgId: string): string => {
    auditNote.orgId ??= orgId;
    return orgId;
  };
  return {
    id: raw.id,
    input,
    // Public operations have no caller, all others were refused without one.
    principal: (principal && { ...principal, orgIds }) as ApiRequest["principal"],
    orgIds,
    ip: raw.ip,
    userAgent: raw.headers["user-agent"] ?? null,
    cookies: readCookies(raw.headers.cookie),
    auditNote,
    signal: aborter.signal,
    replySettings: { headers: {} },
    orgId: () => noted(creatingOrgId(scope, input.org_id)),
    memberOf: (workspaceId) => noted(memberOf(scope, workspaceId)),
  };
}

/** A key or token that was limited when it was made does no more than that, whatever its owner may do. */
function assertInScope(caller: Principal, operation: Operation): void {
  const needed = scopesOf(operation);
  if (caller.kind === "client" && !needed.some((scope) => scopesAllow(caller.scopes, scope))) {
    throw new ApiError("forbidden", `This needs an access token with the scope ${needed.join(" or ")}`);
  }
  if (caller.kind === "user" && caller.readOnly && scopeOf(operation) !== "read") {
    throw new ApiError("forbidden", "This API key may only read");
  }
}

interface StreamParts {
  route: Route;
  request: ApiRequest;
  raw: FastifyRequest;
  reply: FastifyReply;
}

/** Gives the raw response to the route; until it has written its head, errors are still answered as JSON. */
async function stream({ route, request, raw, reply }: StreamParts): Promise<FastifyReply> {
  for (const [name, value] of Object.entries(reply.getHeaders())) {
    if (value !== undefined) reply.raw.setHeader(name, value);
  }
  try {
    await route.handle(request, { request: raw.raw, response: reply.raw });
  } catch (error) {
    if (!reply.raw.headersSent) throw error;
    raw.log.warn({ err: error }, "a stream ended with an error");
  }
  reply.hijack();
  reply.raw.end();
  return reply;
}

/** What is secret has no place in a URL: those end up in logs. */
function queryOf({ dialect, handlesPasswords }: Operation, { query }: FastifyRequest): Record<string, unknown> {
  return dialect === "oauth" || handlesPasswords ? {} : asRecord(query);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

/** What the router calls `*` is the path of a file. */
function paramsOf({ params }: FastifyRequest): Record<string, unknown> {
  const { "*": path, ...named } = asRecord(params);
  return path === undefined ? named : { ...named, path };
}

function asRecord(value: unknown): Record<string, unknown> {
  return isObject(value) ? value : {};
}
