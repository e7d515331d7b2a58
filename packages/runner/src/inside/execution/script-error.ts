import type { InvocationErrorCode } from "../../invocation.ts";

/** What a script in another language failed with, told in its own terms. */
export class ScriptError extends Error {
  readonly code: InvocationErrorCode;

  /** @param details.stack its own stack or traceback; absent when there is none. */
  constructor(message: string, details: { name: string; code?: InvocationErrorCode; stack?: string }) {
    super(message);
    this.name = details.name;
    this.code = details.code ?? "USER_ERROR";
    this.stack = details.stack ?? "";
  }
}
