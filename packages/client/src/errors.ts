/** A request that the server refused, or could not answer. */
export class MillraceError extends Error {
  override name = "MillraceError";
  readonly status: number;
  /** For programs: `not_found`, `invalid_input`, … */
  readonly code: string;
  /** Every problem of the input, by the path of its field. */
  readonly details: readonly { path: string; message: string }[];
  /** The stack of the user's own code, when that failed. */
  readonly userStack: string | null;
  readonly requestId: string | null;
  readonly retryAfterSeconds: number | null;

  constructor(options: MillraceErrorOptions) {
    super(options.message);
    this.status = options.status;
    this.code = options.code;
    this.details = options.details ?? [];
    this.userStack = options.userStack ?? null;
    this.requestId = options.requestId ?? null;
    this.retryAfterSeconds = options.retryAfterSeconds ?? null;
  }
}

export interface MillraceErrorOptions {
  status: number;
  code: string;
  message: string;
  details?: readonly { path: string; message: string }[];
  userStack?: string | null;
  requestId?: string | null;
  retryAfterSeconds?: number | null;
}

/** Reads the error out of a reply that is not 2xx. */
export async function errorOf(response: Response): Promise<MillraceError> {
  const text = await response.text();
  const retryAfter = Number(response.headers.get("retry-after") ?? Number.NaN);
  const common = { status: response.status, retryAfterSeconds: Number.isFinite(retryAfter) ? retryAfter : null };
  const body = parsed(text);
  if (typeof body["error"] !== "string") {
    return new MillraceError({ ...common, code: "unexpected_reply", message: `HTTP ${response.status}` });
  }
  return new MillraceError({
    ...common,
    code: typeof body["code"] === "string" ? body["code"] : "unexpected_reply",
    message: body["error"],
    details: Array.isArray(body["details"]) ? (body["details"] as { path: string; message: string }[]) : [],
    userStack: typeof body["stack"] === "string" ? body["stack"] : null,
    requestId: typeof body["request_id"] === "string" ? body["request_id"] : null,
  });
}

/** The same for OAuth's endpoints: what is our code there is called `error`, and the sentence `error_description`. */
export async function oauthErrorOf(response: Response): Promise<MillraceError> {
  const body = parsed(await response.clone().text());
  const { error, error_description: message } = body;
  if (typeof error !== "string" || typeof message !== "string") return errorOf(response);
  const retryAfter = response.headers.get("retry-after");
  const retryAfterSeconds = retryAfter === null ? null : Number(retryAfter);
  return new MillraceError({ status: response.status, code: error, message, retryAfterSeconds });
}

function parsed(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
