import { spawn } from "node:child_process";
import { copyFile, link, chown, mkdir, rename, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { DependencyError, dependencyErrorOf } from "./dependency-error.ts";
import type { NpmSettings } from "./npm-settings.ts";

export interface PnpmOptions {
  /** Private working area; must be reachable by `uid`. */
  readonly workDir: string;
  readonly settings: NpmSettings;
  /** User to install as; null keeps our own. */
  readonly uid: number | null;
  readonly timeoutMs: number;
}

const MAX_LOG_BYTES = 4 * 1024 * 1024;

/**
 * The pnpm binary, run without install scripts, hooks, our environment and, where we are root, our user. It is linked
 * into the working area because the checkout may lie where another user cannot reach it.
 */
export class Pnpm {
  readonly #options: PnpmOptions;
  #ready: Promise<string> | null = null;

  constructor(options: PnpmOptions) {
    this.#options = options;
  }

  /** Installs what `<dir>/package.json` asks for. Throws `DependencyError`. */
  async install(dir: string, lock: "frozen" | "resolve"): Promise<void> {
    const { cas, cache } = this.#dirs();
    const workspace = [`packages: ["."]`, `storeDir: ${JSON.stringify(cas)}`, `cacheDir: ${JSON.stringify(cache)}`];
    await writeFile(join(dir, "pnpm-workspace.yaml"), [...workspace, ...WORKSPACE_SETTINGS, ""].join("\n"));
    const mode = lock === "frozen" ? ["--frozen-lockfile", "--prefer-offline"] : ["--no-frozen-lockfile"];
    await this.#run(dir, ["install", "--prod", "--ignore-scripts", "--ignore-pnpmfile", ...mode]);
  }

  /** Forgets package files that no dependency set uses any more. */
  async prune(): Promise<void> {
    const { home, cas } = this.#dirs();
    await this.#run(home, ["store", "prune", "--store-dir", cas]);
  }

  /** A directory that the installer may write to. */
  async makeDir(path: string): Promise<void> {
    const { uid } = this.#options;
    await mkdir(path, { recursive: true, mode: 0o755 });
    if (uid !== null) await chown(path, uid, uid);
  }

  #dirs(): { home: string; cas: string; cache: string } {
    const { workDir } = this.#options;
    return { home: join(workDir, "home"), cas: join(workDir, "cas"), cache: join(workDir, "cache") };
  }

  async #run(cwd: string, args: string[]): Promise<void> {
    this.#ready ??= this.#prepare();
    const binary = await this.#ready.catch((error: unknown) => {
      this.#ready = null;
      throw error;
    });
    const { uid, timeoutMs } = this.#options;
    const child = spawn(binary, [...args, "--reporter=ndjson"], {
      cwd,
      env: this.#environment(),
      stdio: ["ignore", "pipe", "pipe"],
      detached: true, // its own process group, so that a kill reaches what it started
      ...(uid === null ? {} : { uid, gid: uid }),
    });
    let log = "";
    const keep = (chunk: Buffer) => (log = (log + chunk.toString()).slice(-MAX_LOG_BYTES));
    child.stdout.on("data", keep);
    child.stderr.on("data", keep);
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
    }, timeoutMs);
    const exitCode = await new Promise<number | null>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", resolve);
    }).finally(() => clearTimeout(timer));
    if (timedOut) {
      const message = `npm packages could not be installed within ${timeoutMs / 1000} s`;
      throw new DependencyError("dependency_timeout", message);
    }
    if (exitCode !== 0) throw dependencyErrorOf(log);
  }

  async #prepare(): Promise<string> {
    const { workDir, settings } = this.#options;
    const { home, cas, cache } = this.#dirs();
    const bin = join(workDir, "bin");
    await mkdir(bin, { recursive: true, mode: 0o755 });
    for (const dir of [home, cas, cache]) await this.makeDir(dir);
    if (settings.ca !== null) await writeFile(join(home, "ca.pem"), settings.ca, { mode: 0o644 });
    await writeFile(join(home, ".npmrc"), npmrc(settings, home), { mode: 0o644 });
    const source = pnpmBinary();
    const target = join(bin, `pnpm-${source.version}`);
    const staged = `${target}.${process.pid}`;
    await rm(staged, { force: true });
    await link(source.path, staged).catch(() => copyFile(source.path, staged));
    await rename(staged, target);
    return target;
  }

  #environment(): Record<string, string> {
    const { settings } = this.#options;
    const { home } = this.#dirs();
    return {
      PATH: "/usr/local/bin:/usr/bin:/bin",
      HOME: home,
      XDG_CONFIG_HOME: join(home, ".config"),
      XDG_CACHE_HOME: join(home, ".cache"),
      XDG_DATA_HOME: join(home, ".local/share"),
      XDG_STATE_HOME: join(home, ".local/state"),
      CI: "true",
      ...(settings.ca === null ? {} : { SSL_CERT_FILE: join(home, "ca.pem"), npm_config_cafile: join(home, "ca.pem") }),
      ...(settings.httpProxy === null ? {} : { HTTP_PROXY: settings.httpProxy }),
      ...(settings.httpsProxy === null ? {} : { HTTPS_PROXY: settings.httpsProxy }),
      ...(settings.noProxy === null ? {} : { NO_PROXY: settings.noProxy }),
    };
  }
}

const WORKSPACE_SETTINGS = [
  "blockExoticSubdeps: true", // no git or tarball addresses: they could name a private host
  "minimumReleaseAge: 0",
  "fetchRetries: 1",
  "fetchRetryMintimeout: 500",
  "fetchTimeout: 30000",
  "strictDepBuilds: false",
  "strictPeerDependencies: false",
  "updateNotifier: false",
];

function npmrc(settings: NpmSettings, home: string): string {
  const lines = Object.entries(settings.scopes).map(([scope, registry]) => `${scope}:registry=${registry}`);
  if (settings.registry !== null) lines.push(`registry=${settings.registry}`);
  if (settings.ca !== null) lines.push(`cafile=${join(home, "ca.pem")}`);
  if (!settings.strictSsl) lines.push("strict-ssl=false");
  return `${lines.join("\n")}\n`;
}

/** The native binary for this machine, out of the npm package `pnpm`. */
function pnpmBinary(): { path: string; version: string } {
  const manifestPath = createRequire(import.meta.url).resolve("pnpm/package.json");
  const require = createRequire(manifestPath);
  const { version } = require("./package.json") as { version: string };
  for (const libc of ["", "-musl"]) {
    try {
      return { path: require.resolve(`@pnpm/exe.${process.platform}-${process.arch}${libc}/pnpm`), version };
    } catch {
      continue;
    }
  }
  const message = `pnpm has no binary for ${process.platform}-${process.arch}; npm packages cannot be installed`;
  throw new DependencyError("dependency_unavailable", message);
}
