import type { InvocationError } from "@millrace/runner";

/** A step could not be begun for want of a sandbox: the delivery is given back and taken up again later. */
export class RetryLaterError extends Error {
  override name = "RetryLaterError";
  readonly code = "retry_later";
  readonly reason: InvocationError;

  constructor(reason: InvocationError) {
    super(reason.message);
    this.reason = reason;
  }
}
