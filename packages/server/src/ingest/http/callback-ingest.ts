import type { IncomingMessage, ServerResponse } from "node:http";
import { isUnavailable } from "../../db/index.ts";
import type { CallbackCalls, WaitPurpose } from "../../workflows/engine/index.ts";
import { answerPreflight, answerProblem } from "./answer.ts";
import { parseBody } from "./body.ts";
import { readBody } from "./read-body.ts";
import { refuseTooLarge } from "./refuse-too-large.ts";
import { clientIpOf, workflowEvent } from "./request-event.ts";
import type { UploadedFiles } from "./uploaded-files.ts";

export interface CallbackIngestOptions {
  calls: Pick<CallbackCalls, "call">;
  files: Pick<UploadedFiles, "store">;
  publicUrl: string;
  bodyLimitBytes: number;
  onError(error: unknown): void;
}

interface CallbackTarget {
  readonly purpose: WaitPurpose;
  readonly token: string;
  readonly path: string;
  readonly queryText: string;
}

const PATH = /^(?:\/v1)?(\/(resume|cancel)\/([^/?]+))\/?(?:\?(.*))?$/;

/** Takes the calls of the URLs that resume and cancel runs: with any body, by any method but those that only look. */
export class CallbackIngest {
  readonly #options: CallbackIngestOptions;

  constructor(options: CallbackIngestOptions) {
    this.#options = options;
  }

  /** Handles the request when it is for such a URL; false leaves it to others. */
  tryHandle(request: IncomingMessage, response: ServerResponse): boolean {
    const match = PATH.exec(request.url ?? "");
    if (!match) return false;
    const [, path = "", purpose, token = "", queryText = ""] = match;
    const target: CallbackTarget = { purpose: purpose === "cancel" ? "cancel" : "resume", token, path, queryText };
    this.#handle(target, { request, response }).catch((error: unknown) => this.#fail(response, error));
    return true;
  }

  async #handle(
    target: CallbackTarget,
    { request, response }: { request: IncomingMessage; response: ServerResponse },
  ): Promise<void> {
    response.setHeader("cache-control", "no-store");
    if (request.method === "OPTIONS") {
      return answerPreflight(response, request.headers["access-control-request-headers"]);
    }
    if (isLook(request)) {
      response.writeHead(204).end();
      return;
    }
    const event = await this.#event(target, { request, response });
    if (event === null) return;
    const outcome = await this.#options.calls.call(target.purpose, target.token, event);
    if (outcome === "gone") {
      return answerProblem(response, { status: 404, code: "not_found", message: "This link was used or has expired" });
    }
    const body = JSON.stringify({ data: { status: target.purpose === "cancel" ? "cancelled" : "resumed" } });
    response.writeHead(200, { "content-type": "application/json; charset=utf-8", "access-control-allow-origin": "*" });
    response.end(body);
  }

  /** JSON text of the request as an event; null: it has been answered, or its sender is gone. */
  async #event(
    target: CallbackTarget,
    { request, response }: { request: IncomingMessage; response: ServerResponse },
  ): Promise<string | null> {
    const { bodyLimitBytes, files, publicUrl } = this.#options;
    const read = await readBody(request, bodyLimitBytes);
    if (read.kind === "too_large") refuseTooLarge({ request, response, limitBytes: bodyLimitBytes });
    if (read.kind !== "bytes") return null;
    const body = await parseBody({
      bytes: read.bytes,
      contentType: request.headers["content-type"],
      storeFile: ({ bytes, filename, mimetype }) => files.store({ content: bytes, filename, mimetype }),
    });
    const input = {
      method: request.method ?? "GET",
      path: target.path,
      queryText: target.queryText,
      headers: request.headers,
      clientIp: clientIpOf(request.socket.remoteAddress),
      baseUrl: `${publicUrl}/v1`,
      body,
    };
    return workflowEvent(input, { bodyOnly: false });
  }

  #fail(response: ServerResponse, error: unknown): void {
    if (!isUnavailable(error)) this.#options.onError(error);
    if (response.headersSent) {
      response.destroy();
      return;
    }
    const message = "Nothing was accepted; try again";
    answerProblem(response, { status: 503, code: "unavailable", message, retryAfterSeconds: 2 });
  }
}

/** Nobody has clicked: browsers and link previews say so, and scanners of mail and chat ask with HEAD first. */
function isLook({ method, headers }: IncomingMessage): boolean {
  if (method === "HEAD") return true;
  const purposes = [headers["purpose"], headers["sec-purpose"], headers["x-purpose"], headers["x-moz"]];
  return purposes.some((purpose) => /\b(?:prefetch|prerender|preview)\b/i.test(String(purpose ?? "")));
}
