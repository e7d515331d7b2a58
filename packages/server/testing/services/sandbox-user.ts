import { execFile } from "node:child_process";
import { chown, mkdtemp, rm } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Debian's `daemon`: every system has it. `nobody` will not do, sshd takes it for a locked account. */
const DAEMON = { uid: 1, gid: 1 };

/** Whom a service runs as: an unprivileged system user when the tests run as root, else the user of the tests. */
export interface ServiceUser {
  readonly name: string;
  /** For `spawn`: empty when the user stays the same. */
  readonly identity: { uid: number; gid: number } | Record<string, never>;
}

/** The unprivileged user for services. */
export function serviceUser(): ServiceUser {
  return process.getuid?.() === 0 ? { name: "daemon", identity: DAEMON } : { name: userInfo().username, identity: {} };
}

/** Makes a private directory that only the service's user may enter. */
export async function makeServiceDir(service: string): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), `millrace-${service}-`));
  if (process.getuid?.() === 0) await chown(dir, DAEMON.uid, DAEMON.gid);
  return dir;
}

/** Removes a service's directory with all that is in it. */
export async function removeServiceDir(dir: string): Promise<void> {
  await rm(dir, { recursive: true, force: true, maxRetries: 5 });
}

/** Runs a program as the service's user, inside its directory, and returns what it printed. */
export async function runAsServiceUser(command: readonly string[], cwd: string): Promise<string> {
  const [program, ...args] = command;
  if (program === undefined) throw new TypeError("an empty command");
  const env = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", HOME: cwd, LC_ALL: "C.UTF-8", TMPDIR: cwd };
  const { stdout } = await run(program, args, { cwd, env, ...serviceUser().identity });
  return stdout;
}
