/** Why an outgoing request came to nothing. */
export type EgressErrorCode =
  | "invalid_url"
  | "blocked" // the address policy refused where it leads
  | "dns" // the name does not resolve
  | "connect" // nobody answers there
  | "tls" // no trusted connection
  | "timeout"
  | "hang_up" // the connection ended before the answer did
  | "too_large"
  | "too_many_redirects"
  | "protocol" // the answer is no HTTP
  | "aborted";

/** A request that got no usable answer; the message may be shown to the user. */
export class EgressError extends Error {
  override name = "EgressError";
  readonly code: EgressErrorCode;
  constructor(code: EgressErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

const CODES: Readonly<Record<string, EgressErrorCode>> = {
  EACCES: "blocked",
  ENOTFOUND: "dns",
  EAI_AGAIN: "dns",
  ESERVFAIL: "dns",
  ENODATA: "dns",
  ETIMEOUT: "dns",
  ECONNREFUSED: "connect",
  EHOSTUNREACH: "connect",
  ENETUNREACH: "connect",
  EADDRNOTAVAIL: "connect",
  ECONNRESET: "hang_up",
  EPIPE: "hang_up",
  UND_ERR_SOCKET: "hang_up",
  UND_ERR_CLOSED: "hang_up",
  UND_ERR_DESTROYED: "hang_up",
  ETIMEDOUT: "timeout",
  UND_ERR_CONNECT_TIMEOUT: "timeout",
  UND_ERR_HEADERS_TIMEOUT: "timeout",
  UND_ERR_BODY_TIMEOUT: "timeout",
  UND_ERR_HEADERS_OVERFLOW: "protocol",
  UND_ERR_ABORTED: "aborted",
  UND_ERR_INVALID_ARG: "invalid_url",
};

/** The named error for whatever the network layers throw. */
export function toEgressError(error: unknown): EgressError {
  if (error instanceof EgressError) return error;
  if (!(error instanceof Error)) return new EgressError("connect", String(error));
  if (error.name === "TimeoutError") return new EgressError("timeout", "no answer in time", { cause: error });
  if (error.name === "AbortError") return new EgressError("aborted", "the request was cancelled", { cause: error });
  const code = "code" in error ? String(error.code) : "";
  return new EgressError(CODES[code] ?? guess(code), error.message, { cause: error });
}

function guess(code: string): EgressErrorCode {
  if (code.startsWith("HPE_")) return "protocol";
  return /CERT|SSL|TLS|SELF_SIGNED|UNABLE_TO/.test(code) ? "tls" : "connect";
}
