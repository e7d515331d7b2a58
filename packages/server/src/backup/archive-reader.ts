import { createReadStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { extract, type Extract } from "tar-stream";
import { ArchiveDigest } from "./archive-digest.ts";
import { BackupError } from "./backup-error.ts";
import { damaged, END, MANIFEST, readEnd, readManifest, type ArchiveEnd, type Manifest } from "./manifest.ts";

const MAX_TEXT_BYTES = 64 * 1024 ** 2;

type Entry = Extract extends AsyncIterable<infer E> ? E : never;

/** One entry as it passes; its bytes are read before the next one is asked for. */
export interface ArchiveEntry {
  readonly name: string;
  bytes(): AsyncIterable<Buffer>;
}

/** Reads an archive once, from its beginning to its end, and checks it on the way. */
export class ArchiveReader {
  readonly #entries: AsyncIterator<Entry>;
  readonly #digest = new ArchiveDigest();
  readonly #close: () => void;
  #end: ArchiveEnd | null = null;

  private constructor(path: string) {
    const tar = extract();
    const file = createReadStream(path);
    const gunzip = createGunzip();
    // What fails is heard where the entries are read.
    pipeline(file, gunzip, tar).catch(() => {});
    this.#entries = tar[Symbol.asyncIterator]();
    this.#close = () => {
      file.destroy();
      gunzip.destroy();
      tar.destroy();
    };
  }

  /** @throws BackupError `archive_damaged`, `archive_newer` or `no_instance` */
  static async open(path: string): Promise<{ reader: ArchiveReader; manifest: Manifest }> {
    const reader = new ArchiveReader(path);
    try {
      const first = await reader.#next();
      if (first?.header.name !== MANIFEST) throw damaged("it does not begin with its manifest");
      return { reader, manifest: readManifest(await reader.text(reader.#passing(first))) };
    } catch (error) {
      reader.close();
      throw error;
    }
  }

  /** The entries after the manifest. When they have all passed, the archive has been whole. @throws BackupError */
  async *entries(): AsyncGenerator<ArchiveEntry> {
    for (let entry = await this.#next(); entry !== null; entry = await this.#next()) {
      if (entry.header.name === END) this.#end = readEnd(await this.#endText(entry));
      else yield this.#passing(entry);
    }
    const { entries, sha256 } = this.#digest.end();
    if (this.#end === null) throw damaged("its end is missing");
    if (this.#end.entries !== entries || this.#end.sha256 !== sha256) throw damaged("its checksum differs");
  }

  /** What its last entry says; only after all have passed. */
  get end(): ArchiveEnd {
    if (this.#end === null) throw damaged("its end is missing");
    return this.#end;
  }

  /** The whole text of a small entry. */
  async text(entry: ArchiveEntry): Promise<string> {
    return (await collected(entry.bytes())).toString("utf8");
  }

  close(): void {
    this.#close();
  }

  async #endText(entry: Entry): Promise<string> {
    return (await collected(readable(entry))).toString("utf8");
  }

  async #next(): Promise<Entry | null> {
    try {
      const next: IteratorResult<Entry, unknown> = await this.#entries.next();
      return next.done === true ? null : next.value;
    } catch (error) {
      throw asBackupError(error);
    }
  }

  #passing(entry: Entry): ArchiveEntry {
    const { name, size } = entry.header;
    const digest = this.#digest;
    digest.begin(name, size);
    return {
      name,
      async *bytes() {
        for await (const chunk of readable(entry)) {
          digest.add(chunk);
          yield chunk;
        }
      },
    };
  }
}

async function* readable(entry: Entry): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of entry as AsyncIterable<Buffer>) yield chunk;
  } catch (error) {
    throw asBackupError(error);
  }
}

async function collected(bytes: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of bytes) {
    sizeBytes += chunk.length;
    if (sizeBytes > MAX_TEXT_BYTES) throw damaged("an entry of it is too large");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function asBackupError(error: unknown): Error {
  if (error instanceof BackupError) return error;
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (code === "ENOENT" || code === "EACCES")
    return new BackupError("no_instance", `The backup cannot be read: ${code}.`);
  return damaged(error instanceof Error ? error.message : String(error), { cause: error });
}
