import * as oauth from "oauth4webapi";
import { ApiError } from "../../core/index.ts";
import { EgressError } from "../../egress/index.ts";
import { oneLine, ProviderError } from "./provider-error.ts";

/** A request that got no answer. What never left us is told apart: the provider can have done nothing with it. */
export function unreachable(error: unknown): ProviderError {
  if (!(error instanceof EgressError)) {
    return new ProviderError("unreachable", { code: "unreachable", message: "no answer" }, { cause: error });
  }
  const isUnsent = ["invalid_url", "blocked", "dns", "connect", "tls"].includes(error.code);
  const text = { code: error.code, message: `the provider cannot be reached: ${oneLine(error.message)}` };
  return new ProviderError(isUnsent ? "busy" : "unreachable", text, { cause: error });
}

/** The named error for whatever asking a provider throws; errors of the caller's own input stay as they are. */
export function toProviderError(error: unknown): Error {
  if (error instanceof ProviderError || error instanceof ApiError) return error;
  if (error instanceof oauth.ResponseBodyError || error instanceof oauth.AuthorizationResponseError) {
    const description = error.error_description === undefined ? "" : `: ${oneLine(error.error_description)}`;
    const message = `the provider answered ${oneLine(error.error)}${description}`;
    return new ProviderError("refused", { code: oneLine(error.error), message }, { cause: error });
  }
  const message = error instanceof Error ? oneLine(error.message) : "unknown";
  const text = { code: "garbled_answer", message: `the provider's answer was not understood: ${message}` };
  return new ProviderError("garbled", text, { cause: error });
}
