import { ApiError } from "../core/index.ts";

const RETRY_AFTER_SECONDS = 5;

/** 429: a queue is full, or one that this leads to. Nothing was accepted. */
export class QueueFullError extends ApiError {
  override name = "QueueFullError";
  readonly listenerId: string;

  constructor({ listenerId, fullId }: { listenerId: string; fullId: string }) {
    const message =
      listenerId === fullId
        ? `The queue of ${fullId} is full; try again later`
        : `What ${listenerId} emits goes to ${fullId}, whose queue is full; try again later`;
    super("queue_full", message, { retryAfterSeconds: RETRY_AFTER_SECONDS });
    this.listenerId = listenerId;
  }
}
