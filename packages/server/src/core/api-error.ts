/** The closed list of error codes that the API answers with. */
export type ApiErrorCode =
  | "invalid_input"
  | "invalid_json"
  | "unauthorized"
  | "forbidden"
  | "user_key_required"
  | "session_required"
  | "not_found"
  | "method_not_allowed"
  | "conflict"
  | "idempotency_conflict"
  | "too_large"
  | "unsupported_media_type"
  | "component_invalid"
  | "dependency_not_found"
  | "hook_failed"
  | "invalid_request"
  | "invalid_client"
  | "invalid_scope"
  | "unsupported_grant_type"
  | "rate_limited"
  | "queue_full"
  | "quota_exceeded"
  | "unavailable"
  | "internal";

const STATUS: Record<ApiErrorCode, number> = {
  invalid_input: 400,
  invalid_json: 400,
  unauthorized: 401,
  forbidden: 403,
  user_key_required: 403,
  session_required: 403,
  not_found: 404,
  method_not_allowed: 405,
  conflict: 409,
  idempotency_conflict: 409,
  too_large: 413,
  unsupported_media_type: 415,
  component_invalid: 422,
  dependency_not_found: 422,
  hook_failed: 422,
  invalid_request: 400,
  invalid_client: 401,
  invalid_scope: 400,
  unsupported_grant_type: 400,
  rate_limited: 429,
  queue_full: 429,
  quota_exceeded: 429,
  internal: 500,
  unavailable: 503,
};

/** One problem in the input, by the path of its field. */
export interface ErrorDetail {
  path: string;
  message: string;
}

export interface ApiErrorOptions extends ErrorOptions {
  details?: ErrorDetail[];
  /** The stack of the user's own code, never ours. */
  userStack?: string;
  retryAfterSeconds?: number;
}

/** An error that a caller of the API may see as it is. */
export class ApiError extends Error {
  override name = "ApiError";
  readonly code: ApiErrorCode;
  readonly status: number;
  readonly details: ErrorDetail[] | undefined;
  readonly userStack: string | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(code: ApiErrorCode, message: string, options: ApiErrorOptions = {}) {
    super(message, options);
    this.code = code;
    this.status = STATUS[code];
    this.details = options.details;
    this.userStack = options.userStack;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

/** 404 for an id that is unknown or belongs to someone else: the two look the same. */
export function notFound(what: string): ApiError {
  return new ApiError("not_found", `${what} not found`);
}

/** 400 that names every problem. */
export function invalidInput(details: ErrorDetail[]): ApiError {
  const summary = details.map((detail) => `${detail.path}: ${detail.message}`).join("; ");
  return new ApiError("invalid_input", `Invalid input: ${summary}`, { details });
}
