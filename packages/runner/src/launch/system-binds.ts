import { lstatSync, readlinkSync, statSync } from "node:fs";

/** What Python, Bash and the tools that scripts use consist of, on every Linux; what a machine lacks is left out. */
const PROGRAM_DIRS = ["/usr", "/bin", "/lib", "/lib32", "/lib64", "/libx32"];
/** Of all that lies in `/etc`, what programs need. */
const ETC_DIRS = ["alternatives", "ssl/certs"];
const ETC_FILES = ["ld.so.cache"];

/** Name of the `/etc` in the runtime layer that has mount points for the system's part. */
export const SYSTEM_ETC = "etc-system";
/** What must exist in it. */
export const SYSTEM_ETC_PARTS = { dirs: ETC_DIRS, files: ETC_FILES };

/** Arguments for bwrap that show the system's programs and libraries, read-only. */
export function systemBinds(): string[] {
  return PROGRAM_DIRS.flatMap((path) => {
    const entry = lstatSync(path, { throwIfNoEntry: false });
    if (entry === undefined) return [];
    return entry.isSymbolicLink() ? ["--symlink", readlinkSync(path), path] : ["--ro-bind", path, path];
  });
}

/** Arguments for bwrap that show the system's part of `/etc`: certificates, alternatives, the loader's cache. */
export function systemEtcBinds(): string[] {
  return [...ETC_DIRS, ...ETC_FILES]
    .map((name) => `/etc/${name}`)
    .flatMap((path) => (statSync(path, { throwIfNoEntry: false }) ? ["--ro-bind", path, path] : []));
}

/** Those of the paths that `systemBinds` does not show anyway. */
export function outsideSystem(paths: readonly string[]): string[] {
  return paths.filter((path) => !PROGRAM_DIRS.some((dir) => path.startsWith(`${dir}/`)));
}
