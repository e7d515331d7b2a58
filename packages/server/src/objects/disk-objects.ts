import type { Stats } from "node:fs";
import { mkdir, open, readdir, rename, rm, stat, type FileHandle } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Readable } from "node:stream";
import { randomBase62 } from "../core/index.ts";
import {
  assertObjectKey,
  type Abandoned,
  type ByteRange,
  type ObjectStore,
  type ObjectWriter,
} from "./object-store.ts";

/** Begins the name of what is not finished; no key begins so. */
const PARTIAL = ".partial-";
const BATCH = 500;

/** Objects on this node's disk. Keys are made by us, so no text of a user ever becomes a path. */
export class DiskObjects implements ObjectStore {
  readonly isShared = false;
  readonly #dir: string;

  /** @param options `dir` is made when needed */
  constructor(options: { dir: string }) {
    this.#dir = options.dir;
  }

  async write(key: string): Promise<ObjectWriter> {
    const path = this.#pathOf(key);
    const folder = dirname(path);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const partial = join(folder, PARTIAL + randomBase62(16));
    return new DiskWriter({ path, partial, file: await open(partial, "wx", 0o600) });
  }

  async read(key: string, { offset, length }: ByteRange): Promise<Buffer | null> {
    const file = await unlessMissing(open(this.#pathOf(key)));
    if (!file) return null;
    try {
      const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(length), 0, length, offset);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  }

  async stream(key: string): Promise<Readable | null> {
    const file = await unlessMissing(open(this.#pathOf(key)));
    return file && file.createReadStream();
  }

  async delete(key: string): Promise<void> {
    await rm(this.#pathOf(key), { force: true });
  }

  async removeAbandoned({ prefix, beforeMs, inUse }: Abandoned): Promise<number> {
    const folder = prefix.slice(0, prefix.lastIndexOf("/") + 1);
    const dir = join(this.#dir, folder);
    const names = (await unlessMissing(readdir(dir))) ?? [];
    const wanted = names.filter((name) => name.startsWith(PARTIAL) || (folder + name).startsWith(prefix));
    let count = 0;
    for (let at = 0; at < wanted.length; at += BATCH) {
      const old = await olderThan(beforeMs, { dir, names: wanted.slice(at, at + BATCH) });
      const kept = await inUse(old.filter((name) => !name.startsWith(PARTIAL)).map((name) => folder + name));
      const gone = old.filter((name) => !kept.has(folder + name));
      for (const name of gone) await rm(join(dir, name), { force: true });
      count += gone.length;
    }
    return count;
  }

  #pathOf(key: string): string {
    return join(this.#dir, assertObjectKey(key));
  }
}

class DiskWriter implements ObjectWriter {
  readonly #path: string;
  readonly #partial: string;
  readonly #file: FileHandle;
  sizeBytes = 0;

  constructor({ path, partial, file }: { path: string; partial: string; file: FileHandle }) {
    this.#path = path;
    this.#partial = partial;
    this.#file = file;
  }

  async append(bytes: Buffer): Promise<void> {
    await this.#file.appendFile(bytes);
    this.sizeBytes += bytes.length;
  }

  async finish(): Promise<void> {
    await this.#file.sync();
    await this.#file.close();
    await rename(this.#partial, this.#path);
  }

  async abort(): Promise<void> {
    // Closed already when finishing has failed; what cannot be removed goes with the abandoned.
    await this.#file.close().catch(() => {});
    await rm(this.#partial, { force: true }).catch(() => {});
  }
}

async function olderThan(beforeMs: number, { dir, names }: { dir: string; names: string[] }): Promise<string[]> {
  const old: string[] = [];
  for (const name of names) {
    const found: Stats | null = await unlessMissing(stat(join(dir, name)));
    if (found?.isFile() && found.mtimeMs < beforeMs) old.push(name);
  }
  return old;
}

async function unlessMissing<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw error;
  }
}
