import { createReadStream, createWriteStream } from "node:fs";
import { open, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { pack } from "tar-stream";
import { ArchiveDigest } from "./archive-digest.ts";
import { BackupError } from "./backup-error.ts";
import { END, type ArchiveEnd } from "./manifest.ts";

const FAST = 3;

/** Writes an archive beside its place (0600), and puts it there when it is whole: a cut one never has its name. */
export class ArchiveWriter {
  readonly #pack = pack();
  readonly #digest = new ArchiveDigest();
  readonly #path: string;
  readonly #written: Promise<void>;

  private constructor(path: string) {
    this.#path = path;
    const file = createWriteStream(this.#partial, { mode: 0o600, flags: "wx", flush: true });
    this.#written = pipeline(this.#pack, createGzip({ level: FAST }), file);
    this.#written.catch(() => {});
  }

  get #partial(): string {
    return `${this.#path}.partial`;
  }

  /** @throws BackupError `exists` */
  static async create(path: string): Promise<ArchiveWriter> {
    if ((await stat(path).catch(() => null)) !== null) {
      throw new BackupError("exists", `${path} exists already; choose another name.`);
    }
    // What an earlier backup, that was killed, has left of itself.
    await rm(`${path}.partial`, { force: true });
    return new ArchiveWriter(path);
  }

  async add(name: string, content: Buffer): Promise<void> {
    this.#digest.begin(name, content.length);
    this.#digest.add(content);
    await this.#entry(name, content);
  }

  /** Adds a file of the disk without holding it in memory. */
  async addFile(name: string, path: string): Promise<void> {
    const { size } = await stat(path);
    this.#digest.begin(name, size);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const entry = this.#pack.entry({ name, size, mode: 0o600 }, (error) => (error ? reject(error) : resolve()));
    const digest = this.#digest;
    await Promise.race([
      pipeline(
        createReadStream(path),
        async function* (source: AsyncIterable<Buffer>) {
          for await (const chunk of source) {
            digest.add(chunk);
            yield chunk;
          }
        },
        entry,
      ),
      this.#written,
    ]);
    await Promise.race([promise, this.#written]);
  }

  /** Ends the archive; it has its name when this resolves. Answers its size. */
  async finish(facts: Omit<ArchiveEnd, "entries" | "sha256">): Promise<number> {
    const end: ArchiveEnd = { ...facts, ...this.#digest.end() };
    await this.#entry(END, Buffer.from(JSON.stringify(end)));
    this.#pack.finalize();
    await this.#written;
    await rename(this.#partial, this.#path);
    await syncFolder(dirname(this.#path));
    return (await stat(this.#path)).size;
  }

  /** Leaves nothing behind; for after a failure. */
  async abort(): Promise<void> {
    this.#pack.destroy();
    await this.#written.catch(() => {});
    await rm(this.#partial, { force: true });
  }

  /** Waits for the disk; fails with it. */
  async #entry(name: string, content: Buffer): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#pack.entry({ name, size: content.length, mode: 0o600 }, content, (error) =>
      error ? reject(error) : resolve(),
    );
    await Promise.race([promise, this.#written]);
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path);
  await folder.sync().finally(() => folder.close());
}
