export interface NetworkFailure {
  readonly code: string;
  readonly syscall: string;
  readonly host: string;
  readonly port?: number;
}

/** Looks like the error that Node gives for the same failure, since libraries look at `code`. */
export class NetworkError extends Error {
  readonly code: string;
  readonly syscall: string;
  readonly hostname: string;
  readonly address: string;
  readonly port: number | undefined;

  constructor(failure: NetworkFailure) {
    const target = failure.port === undefined ? failure.host : `${failure.host}:${failure.port}`;
    const reason = failure.code === "EACCES" ? " (not an address that code may reach here)" : "";
    super(`${failure.syscall} ${failure.code} ${target}${reason}`);
    this.code = failure.code;
    this.syscall = failure.syscall;
    this.hostname = failure.host;
    this.address = failure.host;
    this.port = failure.port;
  }
}
