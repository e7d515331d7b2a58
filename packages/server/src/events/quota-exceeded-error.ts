import { RefusedError } from "./refused-error.ts";

// Timers of a workspace without credits must not keep the server busy all day.
const ASK_AGAIN_MS = 60_000;

/** A workspace has used up its credits of the day. */
export class QuotaExceededError extends RefusedError {
  override name = "QuotaExceededError";

  constructor({ untilMs, nowMs }: { untilMs: number; nowMs: number }) {
    const retryAfterSeconds = Math.max(1, Math.ceil((untilMs - nowMs) / 1_000));
    const until = new Date(untilMs).toISOString();
    super("quota_exceeded", `Quota Exceeded: the workspace has used its credits of today; they return at ${until}`, {
      askAgainMs: ASK_AGAIN_MS,
      retryAfterSeconds,
    });
  }
}
