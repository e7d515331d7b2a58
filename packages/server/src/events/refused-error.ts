import { ApiError, type ApiErrorCode } from "../core/index.ts";

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
