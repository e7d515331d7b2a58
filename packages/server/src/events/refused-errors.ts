import { ApiError, type ApiErrorCode } from "../core/index.ts";

const FULL_RETRY_AFTER_SECONDS = 5;
const FULL_ASK_AGAIN_MS = 1_000;
// Timers of a workspace without credits must not keep the server busy all day.
const EXCEEDED_ASK_AGAIN_MS = 60_000;

/** 429: a workspace takes nothing in at the moment. Nothing was accepted, and nothing is lost: whoever sent it keeps it. */
export abstract class RefusedError extends ApiError {
  /** After so long what comes by itself, such as a timer's tick, asks again. */
  readonly askAgainMs: number;

  constructor(
    code: ApiErrorCode,
    message: string,
    { askAgainMs, retryAfterSeconds }: { askAgainMs: number; retryAfterSeconds: number },
  ) {
    super(code, message, { retryAfterSeconds });
    this.askAgainMs = askAgainMs;
  }
}

/** A queue is full, or one that this leads to. */
export class QueueFullError extends RefusedError {
  override name = "QueueFullError";
  readonly listenerId: string;

  constructor({ listenerId, fullId }: { listenerId: string; fullId: string }) {
    const message =
      listenerId === fullId
        ? `The queue of ${fullId} is full; try again later`
        : `What ${listenerId} emits goes to ${fullId}, whose queue is full; try again later`;
    super("queue_full", message, { askAgainMs: FULL_ASK_AGAIN_MS, retryAfterSeconds: FULL_RETRY_AFTER_SECONDS });
    this.listenerId = listenerId;
  }
}

/** A workspace has used up its credits of the day. */
export class QuotaExceededError extends RefusedError {
  override name = "QuotaExceededError";

  constructor({ untilMs, nowMs }: { untilMs: number; nowMs: number }) {
    const retryAfterSeconds = Math.max(1, Math.ceil((untilMs - nowMs) / 1_000));
    const until = new Date(untilMs).toISOString();
    super("quota_exceeded", `Quota Exceeded: the workspace has used its credits of today; they return at ${until}`, {
      askAgainMs: EXCEEDED_ASK_AGAIN_MS,
      retryAfterSeconds,
    });
  }
}
