import { link, mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";

const STAGING = ".backup";
/** What is not finished. */
const PARTIAL = ".partial-";

/**
 * The stored objects of one moment: each has a second name below the data directory, so that none is gone before it was
 * copied, and no byte is copied twice.
 */
export class KeptObjects {
  readonly #dir: string;
  readonly keys: readonly string[];

  private constructor(dir: string, keys: readonly string[]) {
    this.#dir = dir;
    this.keys = keys;
  }

  /** Keeps what is there now; what an earlier backup has left goes. */
  static async keep(dataDir: string): Promise<KeptObjects> {
    const dir = join(dataDir, STAGING);
    await rm(dir, { recursive: true, force: true });
    const from = join(dataDir, "files");
    const found = await readdir(from, { recursive: true, withFileTypes: true }).catch(() => []);
    const keys = [];
    for (const one of found) {
      if (!one.isFile() || one.name.startsWith(PARTIAL)) continue;
      const folder = one.parentPath.slice(from.length + 1);
      await mkdir(join(dir, folder), { recursive: true, mode: 0o700 });
      const key = folder === "" ? one.name : `${folder}/${one.name}`;
      if (await linked(join(from, key), join(dir, key))) keys.push(key);
    }
    return new KeptObjects(dir, keys);
  }

  pathOf(key: string): string {
    return join(this.#dir, key);
  }

  async release(): Promise<void> {
    await rm(this.#dir, { recursive: true, force: true });
  }
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return false;
    throw error;
  }
}
