import { createHash } from "node:crypto";
import { chmod, mkdir, realpath, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

const OTHERS_MAY_ENTER = 0o001;
/** `sun_path` holds 107 bytes; what the launcher adds below the state directory stays under 30. */
const MAX_STATE_DIR_BYTES = 75;

/** True when a process of any user can reach the path: every directory above it lets others pass. */
export async function isReachableByOthers(path: string): Promise<boolean> {
  for (let dir = dirname(await realpath(path)); ; dir = dirname(dir)) {
    if (((await stat(dir)).mode & OTHERS_MAY_ENTER) === 0) return false;
    if (dir === dirname(dir)) return true;
  }
}

/**
 * The directory for everything that sandboxes must see (store, runtime layer, sockets). It is `workDir` itself, unless sandboxes run
 * as other users and cannot reach it (a checkout under `/root`) or its name is too long for a socket path.
 * @returns an existing directory that others may enter but not list.
 */
export async function runnerStateDir(workDir: string): Promise<string> {
  await mkdir(workDir, { recursive: true, mode: 0o711 });
  const real = await realpath(workDir);
  const runsAsOthers = process.getuid?.() === 0;
  const isUsable =
    Buffer.byteLength(real) <= MAX_STATE_DIR_BYTES && (!runsAsOthers || (await isReachableByOthers(real)));
  const dir = isUsable ? real : await fallbackDir(real);
  if (runsAsOthers) await chmod(dir, 0o711);
  return dir;
}

async function fallbackDir(workDir: string): Promise<string> {
  const name = `millrace-${createHash("sha256").update(workDir).digest("hex").slice(0, 12)}`;
  for (const parent of process.getuid?.() === 0 ? ["/var/lib", tmpdir()] : [tmpdir()]) {
    const dir = join(parent, name);
    try {
      await mkdir(dir, { mode: 0o711, recursive: parent === "/var/lib" });
      await assertOwn(dir);
      return dir;
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "EEXIST") {
        await assertOwn(dir);
        return dir;
      }
    }
  }
  throw new Error(`no directory can be made that the sandboxes' users reach; ${workDir} is closed to them`);
}

/** A directory in a shared place could have been put there by somebody else. */
async function assertOwn(dir: string): Promise<void> {
  const { uid, mode } = await stat(dir);
  if (uid !== process.getuid?.() || (mode & 0o022) !== 0) throw new Error(`${dir} belongs to somebody else`);
}
