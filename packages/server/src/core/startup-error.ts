/** Why a server can not start; each has one readable line for the user and its own exit code. */
export type StartupErrorCode =
  | "config_invalid"
  | "data_dir_unusable"
  | "data_dir_in_use"
  | "port_taken"
  | "database_unreachable"
  | "database_refused_login"
  | "database_missing"
  | "database_too_old"
  | "database_newer_than_code"
  | "database_changed"
  | "embedded_database_failed";

const EXIT_CODE: Record<StartupErrorCode, number> = {
  config_invalid: 64,
  data_dir_unusable: 73,
  data_dir_in_use: 75,
  port_taken: 69,
  database_unreachable: 69,
  database_refused_login: 77,
  database_missing: 69,
  database_too_old: 69,
  database_newer_than_code: 70,
  database_changed: 70,
  embedded_database_failed: 70,
};

/** Ends the start of a server: `main.ts` prints `message` as it is and exits with `exitCode`. */
export class StartupError extends Error {
  override name = "StartupError";
  readonly code: StartupErrorCode;
  readonly exitCode: number;

  constructor(code: StartupErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.exitCode = EXIT_CODE[code];
  }
}
