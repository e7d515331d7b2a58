import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chownSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { lchown, readdir } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { StartupError } from "../../core/index.ts";
import type { Identity } from "./identity.ts";
import type { Layout } from "./layout.ts";

export const SUPERUSER = "millrace";
const SERVER_VERSION = "18";

/** The least that PostgreSQL's programs need; nothing of our own environment reaches them. */
export const SERVER_ENV = { PATH: "/usr/bin:/bin", LANG: "C", LC_ALL: "C", TZ: "UTC" };

export interface ClusterOptions {
  layout: Layout;
  identity: Identity;
  initdb: string;
}

/**
 * Makes the cluster when there is none. It is made aside and moved into place whole, so an interrupted start leaves no
 * half cluster behind.
 * @throws StartupError `embedded_database_failed` when initdb fails or the cluster is of another major version.
 */
export async function ensureCluster(options: ClusterOptions): Promise<void> {
  const { baseDir, clusterDir } = options.layout;
  for (const name of readdirSync(baseDir)) {
    if (name.startsWith("cluster.new-")) rmSync(join(baseDir, name), { recursive: true, force: true });
  }
  if (existsSync(clusterDir)) return assertVersion(clusterDir);
  const newDir = join(baseDir, `cluster.new-${randomBytes(4).toString("hex")}`);
  const { initAs, runAs } = options.identity;
  mkdirSync(newDir, { mode: 0o700 });
  if (initAs) chownSync(newDir, initAs.uid, initAs.gid);
  await runInitdb(options, newDir);
  if (runAs) await chownTree(newDir, runAs);
  renameSync(newDir, clusterDir);
}

function assertVersion(clusterDir: string): void {
  let version: string;
  try {
    version = readFileSync(join(clusterDir, "PG_VERSION"), "utf8").trim();
  } catch (error) {
    const message = `The embedded database in ${clusterDir} can not be read as this user; was it made by another one?`;
    throw new StartupError("data_dir_unusable", message, { cause: error });
  }
  if (version === SERVER_VERSION) return;
  throw new StartupError(
    "embedded_database_failed",
    `The embedded database in ${clusterDir} is of PostgreSQL ${version}; this version of Millrace brings ${SERVER_VERSION}`,
  );
}

async function runInitdb({ identity, initdb }: ClusterOptions, directory: string): Promise<void> {
  const settings = [
    "--auth=trust",
    "--encoding=UTF8",
    "--locale-provider=builtin",
    "--locale=C.UTF-8",
    "--lc-messages=C",
  ];
  const [command = initdb, ...args] = [
    ...identity.initPrefix,
    initdb,
    `--pgdata=${directory}`,
    `--username=${SUPERUSER}`,
    "--no-instructions",
    ...settings,
  ];
  const child = spawn(command, args, {
    env: SERVER_ENV,
    cwd: "/",
    stdio: ["ignore", "ignore", "pipe"],
    ...identity.initAs,
  });
  const complaint = text(child.stderr);
  const exitCode = await new Promise<number | string | null>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("close", resolve);
  });
  if (exitCode === 0) return;
  const reason = (await complaint).trim() || String(exitCode);
  throw new StartupError(
    "embedded_database_failed",
    `The embedded PostgreSQL could not be set up: ${reason.replaceAll("\n", "; ")}; set DATABASE_URL to use another one`,
  );
}

async function chownTree(root: string, owner: { uid: number; gid: number }): Promise<void> {
  const entries = await readdir(root, { recursive: true });
  await Promise.all(
    [root, ...entries.map((entry) => join(root, entry))].map((path) => lchown(path, owner.uid, owner.gid)),
  );
}
