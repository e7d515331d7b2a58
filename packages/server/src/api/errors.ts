import { ApiError } from "../core/index.ts";
import { mapDatabaseError } from "../db/index.ts";

/** The body of a failed request. */
export interface ErrorBody {
  error: string;
  code: string;
  details?: { path: string; message: string }[];
  stack?: string;
  request_id: string;
}

declare module "fastify" {
  interface FastifyContextConfig {
    /** Whose form errors have; ours when absent. `login`: a page for browsers, which are led here by others. */
    errorsOf?: "oauth" | "login";
  }
}

/** The body of a failed request to an endpoint of OAuth (RFC 6749, 5.2). */
export interface OauthErrorBody {
  error: string;
  error_description: string;
}

const FRAMEWORK_ERRORS: Record<string, () => ApiError> = {
  FST_ERR_CTP_BODY_TOO_LARGE: () => new ApiError("too_large", "The request body is too large"),
  FST_ERR_CTP_INVALID_MEDIA_TYPE: unsupportedMediaType,
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: () =>
    new ApiError("invalid_json", "The body is shorter than Content-Length says"),
  FST_ERR_MAX_PARAM_LENGTH: () => new ApiError("not_found", "Nothing has an id as long as the one in this URL"),
  FST_ERR_BAD_URL: () => new ApiError("invalid_input", "The URL is not valid"),
};

export function unsupportedMediaType(): ApiError {
  return new ApiError("unsupported_media_type", "Content-Type must be application/json");
}

/** What the caller may see of an error. Anything unforeseen becomes a plain 500: our messages and stacks stay inside. */
export function asApiError(error: unknown): ApiError {
  const mapped = mapDatabaseError(error);
  if (mapped instanceof ApiError) return mapped;
  const code = typeof error === "object" && error !== null && "code" in error ? String(error.code) : "";
  return FRAMEWORK_ERRORS[code]?.() ?? new ApiError("internal", "Something went wrong on our side", { cause: error });
}

/** The JSON that answers an error. */
export function errorBody(error: ApiError, requestId: string): ErrorBody {
  return {
    error: error.message,
    code: error.code,
    ...(error.details && { details: error.details }),
    ...(error.userStack !== undefined && { stack: error.userStack }),
    request_id: requestId,
  };
}

const OAUTH_CODES = new Set<string>(["invalid_request", "invalid_client", "invalid_scope", "unsupported_grant_type"]);

/** The JSON that answers an error in OAuth's form. */
export function oauthErrorBody(error: ApiError): OauthErrorBody {
  return { error: oauthCodeOf(error), error_description: error.message };
}

function oauthCodeOf({ code, status }: ApiError): string {
  if (OAUTH_CODES.has(code)) return code;
  if (status === 429 || status === 503) return "temporarily_unavailable";
  return status < 500 ? "invalid_request" : "server_error";
}

/** Headers that belong to an error. */
export function errorHeaders(error: ApiError): Record<string, string> {
  if (error.retryAfterSeconds !== undefined) return { "retry-after": String(Math.ceil(error.retryAfterSeconds)) };
  if (error.code === "invalid_client") return { "www-authenticate": 'Basic realm="oauth"' };
  if (error.code === "unauthorized") return { "www-authenticate": "Bearer" };
  return {};
}
