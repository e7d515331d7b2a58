import { access, constants } from "node:fs/promises";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";

/** How strongly a process is confined; ARCHITECTURE.md says what each stops. */
export type SandboxTier = "A" | "B" | "C";

/** What this machine offers; null for a tool that is not there. */
export interface SandboxTools {
  readonly platform: NodeJS.Platform;
  readonly isRoot: boolean;
  readonly bwrap: string | null;
  readonly setpriv: string | null;
  readonly prlimit: string | null;
  readonly nft: string | null;
}

export interface TierCandidate {
  readonly tier: SandboxTier;
  /** Why it cannot be had; null when it is worth a try. */
  readonly obstacle: string | null;
}

/** Where system tools live; `PATH` belongs to whoever started us and is not asked. */
const EXECUTABLE_DIRS = ["/usr/bin", "/bin", "/usr/sbin", "/sbin", "/usr/local/bin", "/run/current-system/sw/bin"];

async function find(name: string, dirs: readonly string[]): Promise<string | null> {
  for (const dir of dirs) {
    const path = join(dir, name);
    const isThere = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isThere) return path;
  }
  return null;
}

/** Looks for the tools that the tiers are made of. */
export async function findTools(dirs: readonly string[] = EXECUTABLE_DIRS): Promise<SandboxTools> {
  const searched = process.platform === "linux" ? dirs : [];
  const [bwrap, setpriv, prlimit, nft] = await Promise.all(
    ["bwrap", "setpriv", "prlimit", "nft"].map((name) => find(name, searched)),
  );
  return {
    platform: process.platform,
    isRoot: process.getuid?.() === 0,
    bwrap: bwrap ?? null,
    setpriv: setpriv ?? null,
    prlimit: prlimit ?? null,
    nft: nft ?? null,
  };
}

function missing(tools: SandboxTools, names: readonly ("bwrap" | "setpriv" | "prlimit" | "nft")[]): string | null {
  const absent = names.filter((name) => tools[name] === null);
  return absent.length === 0 ? null : `${absent.join(" and ")} not found`;
}

/** The tiers, best first, with what speaks against each before anything was tried. */
export function candidateTiers(tools: SandboxTools): TierCandidate[] {
  const notLinux = tools.platform === "linux" ? null : `sandboxes need Linux, this is ${tools.platform}`;
  const notRoot = tools.isRoot ? null : "needs to run as root";
  return [
    {
      tier: "A",
      obstacle: notLinux ?? missing(tools, ["bwrap", "prlimit", ...(tools.isRoot ? ["setpriv" as const] : [])]),
    },
    { tier: "B", obstacle: notLinux ?? notRoot ?? missing(tools, ["setpriv", "prlimit", "nft"]) },
    { tier: "C", obstacle: null },
  ];
}

/** Shared libraries of a dynamically linked program, as the loader itself resolves them: [path it asks for]. */
export async function librariesOf(executable: string): Promise<string[]> {
  // What `ldd` does, without needing its shell.
  const { stdout } = await promisify(execFile)(executable, [], { env: { LD_TRACE_LOADED_OBJECTS: "1" } });
  return stdout
    .split("\n")
    .map((line) => /(?:=>\s*)?(\/\S+) \(0x/.exec(line)?.[1])
    .filter((path) => path !== undefined);
}
