import { RefusedError } from "./refused-error.ts";

const RETRY_AFTER_SECONDS = 5;
const ASK_AGAIN_MS = 1_000;

/** A queue is full, or one that this leads to. */
export class QueueFullError extends RefusedError {
  override name = "QueueFullError";
  readonly listenerId: string;

  constructor({ listenerId, fullId }: { listenerId: string; fullId: string }) {
    const message =
      listenerId === fullId
        ? `The queue of ${fullId} is full; try again later`
        : `What ${listenerId} emits goes to ${fullId}, whose queue is full; try again later`;
    super("queue_full", message, { askAgainMs: ASK_AGAIN_MS, retryAfterSeconds: RETRY_AFTER_SECONDS });
    this.listenerId = listenerId;
  }
}
