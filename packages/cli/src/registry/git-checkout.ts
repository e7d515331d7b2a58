import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { UsageError } from "../run/index.ts";

/** A place in a git repository. */
export interface GitPlace {
  readonly url: string;
  /** Branch or tag; null: the default branch. */
  readonly ref: string | null;
  /** Folder below the root; empty: all of it. */
  readonly path: string;
}

/** Reads `https://github.com/owner/repo[/tree/ref[/path]]` and `git+<url>[#ref[:path]]`; null for any other text. */
export function gitPlaceOf(source: string): GitPlace | null {
  const github = /^https:\/\/github\.com\/([\w.-]+)\/([\w.-]+?)(?:\.git)?(?:\/tree\/([^/]+)(?:\/(.+?))?)?\/?$/.exec(
    source,
  );
  if (github) {
    const [, owner, repository, ref = null, path = ""] = github;
    return checked({ url: `https://github.com/${owner}/${repository}.git`, ref, path });
  }
  const [, url, ref = null, path = ""] = /^git\+([a-z]+:\/\/[^#]+)(?:#([^:]+)(?::(.+))?)?$/.exec(source) ?? [];
  return url === undefined ? null : checked({ url, ref, path });
}

function checked(place: GitPlace): GitPlace {
  const isSafe = !place.ref?.startsWith("-") && !place.path.split("/").includes("..") && !place.path.startsWith("/");
  if (isSafe) return place;
  throw new UsageError(`${place.url}: the branch or path cannot be used`);
}

/** Clones what is needed of a repository. @throws UsageError with what git says */
export async function checkOut(place: GitPlace): Promise<{ folder: string } & AsyncDisposable> {
  const dir = await mkdtemp(join(tmpdir(), "millrace-git-"));
  const remove = (): Promise<void> => rm(dir, { recursive: true, force: true });
  const git = (...args: string[]) =>
    promisify(execFile)("git", args, { env: { ...process.env, GIT_TERMINAL_PROMPT: "0" } });
  const branch = place.ref === null ? [] : ["--branch", place.ref];
  const sparse = place.path === "" ? [] : ["--sparse", "--filter=blob:none"];
  try {
    await git("clone", "--quiet", "--depth", "1", ...branch, ...sparse, "--", place.url, dir);
    if (place.path !== "") await git("-C", dir, "sparse-checkout", "set", "--", place.path);
  } catch (cause) {
    await remove();
    const said =
      cause instanceof Error && "stderr" in cause ? String(cause.stderr).trim().split("\n")[0] : String(cause);
    throw new UsageError(`git could not fetch ${place.url}: ${said}`, { cause });
  }
  return { folder: join(dir, place.path), [Symbol.asyncDispose]: remove };
}
