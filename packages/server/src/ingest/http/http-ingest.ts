import type { IncomingMessage, ServerResponse } from "node:http";
import { ApiError, newKsuid, type Principal } from "../../core/index.ts";
import { RefusedError, type EventDraft, type EventLog } from "../../events/index.ts";
import {
  httpEmitterId,
  TRIGGER_CHANNEL,
  UNSTORED_METADATA,
  type Endpoint,
  type Endpoints,
  type ResponderOutcome,
  type Responders,
} from "../../sources/index.ts";
import type { FileStores } from "../../workflows/files/index.ts";
import { answerAccepted, answerOfComponent, answerPreflight, answerProblem } from "./answer.ts";
import { parseBody, type ParsedBody } from "./body.ts";
import { answerFile } from "./file-answer.ts";
import { RateLimiter } from "./rate-limiter.ts";
import { readBody } from "./read-body.ts";
import { mayReach, withoutKey } from "./endpoint-access.ts";
import { clientIpOf, requestEvent, workflowEvent, type EventInput } from "./request-event.ts";
import { refuseTooLarge } from "./refuse-too-large.ts";
import { targetOf, type Target } from "./target.ts";
import { tooLargeError } from "./too-large-error.ts";
import {
  answerUnauthorized,
  answerWorkflowAccepted,
  answerWorkflowOutcome,
  type WorkflowAnswering,
} from "./workflow-answer.ts";
import { FILES_PATH, UploadTooLargeError, type UploadedFiles } from "./uploaded-files.ts";

export interface HttpIngestOptions {
  log: EventLog;
  endpoints: Endpoints;
  responders: Responders;
  files: UploadedFiles;
  /** Serves the links to what steps have stored. */
  stores: Pick<FileStores, "openLink">;
  publicUrl: string;
  /** Larger bodies get 413. */
  bodyLimitBytes: number;
  /** The same for bodies that the upload header turns into files. */
  uploadLimitBytes?: number;
  /** Requests per second and endpoint; 0 = no limit. */
  ratePerSecond: number;
  /** How long a caller waits for its source's own answer. */
  responseTimeoutMs?: number;
  /** Whose API token it is; null for none that is valid. */
  authenticate(token: string): Promise<Principal | null>;
  onError(error: unknown): void;
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly target: Target;
}

const DEFAULT_UPLOAD_LIMIT_BYTES = 512 * 1024 * 1024;
const DEFAULT_RESPONSE_TIMEOUT_MS = 300_000;
// Longer than the longest segment of a workflow may take.
const WORKFLOW_TIMEOUT_MS = 800_000;
const UNAVAILABLE_RETRY_SECONDS = 2;

/**
 * Takes the requests to endpoints: each becomes an event, which is written down with its delivery before anyone is told
 * that it was accepted. It sits in front of the API's framework, because this path has to be short.
 */
export class HttpIngest {
  readonly #options: HttpIngestOptions;
  readonly #rates: RateLimiter;

  constructor(options: HttpIngestOptions) {
    this.#options = options;
    this.#rates = new RateLimiter(options.ratePerSecond);
  }

  /** Handles the request when it is for an endpoint or an uploaded file; false leaves it to others. */
  tryHandle(request: IncomingMessage, response: ServerResponse): boolean {
    const target = targetOf(request);
    if (target) {
      this.#handle({ request, response, target }).catch((error: unknown) => this.#fail(response, error));
      return true;
    }
    if (!request.url?.startsWith(FILES_PATH)) return false;
    const { files, stores } = this.#options;
    answerFile({ request, response, files, stores }).catch((error: unknown) => this.#fail(response, error));
    return true;
  }

  async #handle(exchange: Exchange): Promise<void> {
    const { request, response, target } = exchange;
    const nowMs = Date.now();
    const { endpoints } = this.#options;
    const endpoint = endpoints.peek(target.key, nowMs) ?? (await this.#lookUp(target.key, nowMs));
    if (!endpoint?.isActive) {
      return answerProblem(response, { status: 404, code: "not_found", message: "There is no such endpoint" });
    }
    if (request.method === "OPTIONS") {
      return answerPreflight(response, request.headers["access-control-request-headers"]);
    }
    const waitMs = this.#rates.take(target.key, nowMs);
    if (waitMs > 0) return answerRateLimited(response, waitMs);
    const { authorization } = request.headers;
    const { authenticate } = this.#options;
    if (!(await mayReach({ endpoint, authorization, authenticate }))) return answerUnauthorized(response);
    const body = this.#wantsUpload(exchange) ? await this.#upload(exchange) : await this.#body(exchange);
    if (body === "too_large") await this.#noteTooLarge(exchange, endpoint);
    else if (body) await this.#append(exchange, { endpoint, body });
  }

  async #lookUp(key: string, nowMs: number): Promise<Endpoint | null> {
    const { endpoints } = this.#options;
    return endpoints.peek(key, nowMs) === null ? null : endpoints.find(key, nowMs);
  }

  /** Null: its sender is gone. What is too large has been answered. */
  async #body({ request, response }: Exchange): Promise<ParsedBody | "too_large" | null> {
    const { bodyLimitBytes, files } = this.#options;
    const pending = readBody(request, bodyLimitBytes);
    const read = pending instanceof Promise ? await pending : pending;
    if (read.kind === "too_large") {
      refuseTooLarge({ request, response, limitBytes: bodyLimitBytes });
      return "too_large";
    }
    if (read.kind !== "bytes") return null;
    return parseBody({
      bytes: read.bytes,
      contentType: request.headers["content-type"],
      storeFile: ({ bytes, filename, mimetype }) => files.store({ content: bytes, filename, mimetype }),
    });
  }

  #wantsUpload({ request, target }: Exchange): boolean {
    if (request.headers["x-pd-upload-body"] === "1") return true;
    return target.queryText !== "" && new URLSearchParams(target.queryText).get("pipedream_upload_body") === "1";
  }

  async #upload({ request, response }: Exchange): Promise<ParsedBody | "too_large" | null> {
    const limitBytes = this.#options.uploadLimitBytes ?? DEFAULT_UPLOAD_LIMIT_BYTES;
    const mimetype = request.headers["content-type"] ?? "application/octet-stream";
    try {
      const { url } = await this.#options.files.store({ content: request, filename: "", mimetype, limitBytes });
      return { bodyRaw: null, body: JSON.stringify({ raw_body_url: url }) };
    } catch (error) {
      if (error instanceof UploadTooLargeError) {
        refuseTooLarge({ request, response, limitBytes });
        return "too_large";
      }
      if (!request.destroyed) throw error;
      return null;
    }
  }

  async #append(exchange: Exchange, { endpoint, body }: { endpoint: Endpoint; body: ParsedBody }): Promise<void> {
    const isWanted = !hasSwitch(exchange, "x-pd-notrigger");
    const draft = this.#draft(exchange, { endpoint, body, isWanted });
    if (endpoint.customResponse && isWanted) return this.#appendAndWait(exchange, { endpoint, draft });
    const [event] = await this.#options.log.append([draft], { mayBeRefused: true });
    const { behavior } = endpoint;
    if (!behavior) return answerAccepted(exchange.response, event?.emitId ?? "");
    const answering = answeringOf(exchange);
    const { staticResponse } = behavior;
    if (staticResponse) answerWorkflowOutcome(answering, { kind: "response", response: staticResponse });
    else answerWorkflowAccepted(answering, `${this.#options.publicUrl}/docs`);
  }

  /** A request that was refused for its size still shows among a workflow's errors. */
  async #noteTooLarge(exchange: Exchange, endpoint: Endpoint): Promise<void> {
    if (!endpoint.behavior) return;
    const body = { bodyRaw: null, body: null };
    const event = workflowEvent(this.#eventInput(exchange, { endpoint, body }), { bodyOnly: false });
    await this.#options.log.append([tooLargeError(endpoint, event)]);
  }

  #draft(exchange: Exchange, how: { endpoint: Endpoint; body: ParsedBody; isWanted: boolean }): EventDraft {
    const { endpoint } = how;
    const { behavior } = endpoint;
    const input = this.#eventInput(exchange, how);
    const { traceparent } = exchange.request.headers;
    const payload = behavior ? workflowEvent(input, behavior) : requestEvent(input);
    return {
      orgId: endpoint.orgId,
      emitterId: httpEmitterId(endpoint.key),
      channel: TRIGGER_CHANNEL,
      payload,
      ...(traceparent !== undefined && { traceparent: String(traceparent) }),
      ...(how.isWanted && { directListenerId: endpoint.ownerId }),
      ...(hasSwitch(exchange, "x-pd-nostore") && { metadata: UNSTORED_METADATA }),
    };
  }

  #eventInput(exchange: Exchange, { endpoint, body }: { endpoint: Endpoint; body: ParsedBody }): EventInput {
    const { request, target } = exchange;
    return {
      method: request.method ?? "GET",
      path: target.path,
      queryText: target.queryText,
      headers: withoutKey(endpoint, request.headers),
      clientIp: clientIpOf(request.socket.remoteAddress),
      baseUrl: this.#baseUrl(exchange),
      body,
    };
  }

  #baseUrl({ request, target }: Exchange): string {
    const { publicUrl } = this.#options;
    if (!target.byHost) return `${publicUrl}/in/${target.key}`;
    return `${publicUrl.startsWith("https:") ? "https" : "http"}://${request.headers.host}`;
  }

  async #appendAndWait(
    exchange: Exchange,
    { endpoint, draft }: { endpoint: Endpoint; draft: EventDraft },
  ): Promise<void> {
    const emitId = newKsuid(Date.now());
    const sourceTimeoutMs = this.#options.responseTimeoutMs ?? DEFAULT_RESPONSE_TIMEOUT_MS;
    const timeoutMs = endpoint.behavior ? WORKFLOW_TIMEOUT_MS : sourceTimeoutMs;
    const waiter = this.#options.responders.expect({ orgId: draft.orgId, emitId, timeoutMs });
    // The run goes on without its caller.
    exchange.response.once("close", () => waiter.cancel());
    try {
      await this.#options.log.append([{ ...draft, emitId }], { mayBeRefused: true });
    } catch (error) {
      waiter.cancel();
      throw error;
    }
    const outcome = await waiter.outcome;
    if (exchange.response.destroyed) return;
    if (endpoint.behavior) answerWorkflowOutcome(answeringOf(exchange), outcome);
    else answerSourceOutcome(exchange, { outcome, emitId });
  }

  #fail(response: ServerResponse, error: unknown): void {
    if (error instanceof RefusedError && !response.headersSent) return answerProblem(response, error);
    const isUnavailable = error instanceof ApiError && error.code === "unavailable";
    if (!isUnavailable) this.#options.onError(error);
    if (response.headersSent) {
      response.destroy();
      return;
    }
    answerProblem(response, {
      status: 503,
      code: "unavailable",
      message: "Nothing was accepted; try again",
      retryAfterSeconds: (isUnavailable ? error.retryAfterSeconds : undefined) ?? UNAVAILABLE_RETRY_SECONDS,
    });
  }
}

function hasSwitch({ request, target }: Exchange, name: string): boolean {
  if (request.headers[name] === "1") return true;
  return target.queryText.includes(name) && new URLSearchParams(target.queryText).get(name) === "1";
}

function answerRateLimited(response: ServerResponse, waitMs: number): void {
  answerProblem(response, {
    status: 429,
    code: "rate_limited",
    message: "This endpoint gets too many requests",
    retryAfterSeconds: Math.ceil(waitMs / 1000),
  });
}

function answeringOf({ response, target }: Exchange): WorkflowAnswering {
  return { response, sharesOrigin: !target.byHost };
}

function answerSourceOutcome(
  { response, target }: Exchange,
  { outcome, emitId }: { outcome: ResponderOutcome; emitId: string },
): void {
  if (outcome.kind === "response") {
    answerOfComponent(response, { answer: outcome.response, sharesOrigin: !target.byHost });
  } else if (outcome.kind === "ended") answerAccepted(response, emitId);
  else if (outcome.kind === "timeout") {
    answerProblem(response, { status: 504, code: "timeout", message: "The source did not respond in time" });
  } else
    answerProblem(response, { status: 500, code: "run_failed", message: "The source's run ended before it responded" });
}
