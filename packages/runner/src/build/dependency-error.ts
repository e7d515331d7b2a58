export type DependencyErrorCode =
  | "dependency_not_found" // no such package or version
  | "dependency_refused" // the package asks for something that we do not install
  | "dependency_timeout"
  | "dependency_unavailable"; // the registry cannot be reached, or the installer failed

/** Packages could not be installed; `packageName` is the one at fault, with its range, where known. */
export class DependencyError extends Error {
  override name = "DependencyError";
  readonly code: DependencyErrorCode;
  readonly packageName: string | null;

  constructor(
    code: DependencyErrorCode,
    message: string,
    options: ErrorOptions & { packageName?: string | null } = {},
  ) {
    super(message, options);
    this.code = code;
    this.packageName = options.packageName ?? null;
  }
}

const NOT_FOUND = new Set([
  "ERR_PNPM_FETCH_404",
  "ERR_PNPM_NO_MATCHING_VERSION",
  "ERR_PNPM_NO_VERSIONS",
  "ERR_PNPM_UNPUBLISHED_PKG",
  "ERR_PNPM_INVALID_PACKAGE_NAME",
  "ERR_PNPM_SPEC_NOT_SUPPORTED_BY_ANY_RESOLVER",
]);

/** Reads the installer's own account of a failure. It wraps its lines anywhere, so names are looked for without spaces. */
export function dependencyErrorOf(log: string): DependencyError {
  const squashed = log.replace(/\s+/g, "");
  const code = /ERR_PNPM_[A-Z0-9_]+/.exec(squashed)?.[0] ?? "";
  const packageName = unknownPackage(squashed);
  if (packageName !== null || NOT_FOUND.has(code)) {
    const message = `npm package not found: ${packageName ?? reasonOf(log)}`;
    return new DependencyError("dependency_not_found", message, { packageName });
  }
  if (code.includes("EXOTIC")) return new DependencyError("dependency_refused", reasonOf(log));
  return new DependencyError("dependency_unavailable", `npm packages could not be installed: ${reasonOf(log)}`);
}

function unknownPackage(squashed: string): string | null {
  const missing = /GEThttps?:\/\/[^/]+\/(?:[^:]*\/)?((?:@[^/%:]+%2[fF])?[^/:]+):NotFound-404/.exec(squashed)?.[1];
  if (missing !== undefined) return decodeURIComponent(missing);
  const version = /Nomatchingversionfoundfor(.+?)whilefetching/.exec(squashed)?.[1];
  return version?.replace(/^.+@npm:/, "") ?? null;
}

function reasonOf(log: string): string {
  const account = log.split("╰─▶").at(-1) ?? log;
  const reason =
    account
      .split(/^\s*help:/m, 1)[0]
      ?.replace(/\s+/g, " ")
      .trim() ?? "";
  return reason.slice(0, 500) || "the installer said nothing";
}
