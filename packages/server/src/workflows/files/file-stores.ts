import type { Readable } from "node:stream";
import { randomBase62, type Page, type PageRequest } from "../../core/index.ts";
import type { Database } from "../../db/index.ts";
import type { ObjectStore } from "../../objects/index.ts";
import { FileStoreError } from "./file-error.ts";
import { FileLinks } from "./file-links.ts";
import { directoryPath, filePath, nameOf } from "./file-path.ts";
import { FileRows, type EntryRow, type FileOf, type FileScope, type StoredFileRow } from "./file-rows.ts";
import { FileUpload, type FileLimits } from "./file-upload.ts";

export interface FileStoresOptions {
  db: Database;
  objects: ObjectStore;
  publicUrl: string;
  signingKey: Buffer;
  limits: FileLimits;
}

/** A file ready to be sent. */
export interface OpenedStoredFile {
  stream: Readable;
  sizeBytes: number;
  filename: string;
  mimetype: string;
}

/** A part of a file, and what tells whether the next one is still of the same. */
export interface FilePart {
  readonly content: Buffer;
  readonly sizeBytes: number;
  readonly contentType: string | null;
  readonly version: string;
}

const OBJECTS = "stores/file_";
const KEY_CHARACTERS = 24;
const REMOVED_AT_ONCE = 100;
const ABANDONED_AFTER_MS = 24 * 3_600_000;

/** Files of projects, by path. Every method is scoped by workspace and project; paths are checked here. */
export class FileStores {
  readonly #options: FileStoresOptions;
  readonly #rows: FileRows;
  readonly #links: FileLinks;

  constructor(options: FileStoresOptions) {
    this.#options = options;
    this.#rows = new FileRows({ db: options.db });
    this.#links = new FileLinks({ publicUrl: options.publicUrl, signingKey: options.signingKey });
  }

  /** @throws FileStoreError `not_found`, `invalid_path` */
  async find(scope: FileScope, path: unknown): Promise<StoredFileRow> {
    const file = fileOf(scope, path);
    const row = await this.#rows.find(file);
    if (!row) throw new FileStoreError("not_found", `There is no file ${file.path}`);
    return row;
  }

  /** What lies in a directory. @throws FileStoreError `invalid_path` */
  list(scope: FileScope, directory: unknown, page: PageRequest): Promise<Page<EntryRow>> {
    return this.#rows.page(scope, directoryPath(directory), page);
  }

  /** The same for those who read on from what they have. @throws FileStoreError `invalid_path` */
  some(scope: FileScope, directory: string, part: { afterId: string; limit: number }): Promise<EntryRow[]> {
    return this.#rows.some(scope, directoryPath(directory), part);
  }

  /**
   * Reads a part of a file.
   * @param part `version`: of the part before; null for the first one
   * @throws FileStoreError `not_found`, `changed` when it was replaced meanwhile
   */
  async read(
    scope: FileScope,
    path: unknown,
    part: { offset: number; length: number; version: string | null },
  ): Promise<FilePart> {
    const row = await this.find(scope, path);
    const { offset, length, version } = part;
    if (version !== null && version !== row.object_key) throw changed(row.path);
    const shown = { sizeBytes: row.size_bytes, contentType: row.content_type, version: row.object_key };
    const left = Math.min(length, row.size_bytes - offset);
    if (left <= 0) return { ...shown, content: Buffer.alloc(0) };
    const content = await this.#options.objects.read(row.object_key, { offset, length: left });
    if (!content) throw await this.#lost(scope, row);
    return { ...shown, content };
  }

  /** @throws FileStoreError `not_found` */
  async open(scope: FileScope, path: unknown): Promise<OpenedStoredFile> {
    const row = await this.find(scope, path);
    const stream = await this.#options.objects.stream(row.object_key, row.size_bytes);
    if (!stream) throw await this.#lost(scope, row);
    const mimetype = row.content_type ?? "application/octet-stream";
    return { stream, sizeBytes: row.size_bytes, filename: nameOf(row.path), mimetype };
  }

  /** Begins to write a file. @throws FileStoreError `invalid_path`, `store_full` */
  begin(scope: FileScope, path: unknown, contentType: string | null): Promise<FileUpload> {
    const { objects, limits } = this.#options;
    const key = OBJECTS + randomBase62(KEY_CHARACTERS);
    return FileUpload.begin({ rows: this.#rows, objects, limits }, { file: fileOf(scope, path), key, contentType });
  }

  /** Writes a whole file. @throws FileStoreError; nothing has changed then */
  async put(
    scope: FileScope,
    path: unknown,
    { source, contentType }: { source: AsyncIterable<Buffer>; contentType: string | null },
  ): Promise<StoredFileRow> {
    const upload = await this.begin(scope, path, contentType);
    try {
      for await (const chunk of source) await upload.append(chunk);
      await upload.finish();
    } catch (error) {
      await upload.abort();
      throw error;
    }
    return this.find(scope, path);
  }

  /** @throws FileStoreError `not_found` */
  async delete(scope: FileScope, path: unknown): Promise<void> {
    const file = fileOf(scope, path);
    const key = await this.#rows.delete(file);
    if (key === null) throw new FileStoreError("not_found", `There is no file ${file.path}`);
    // The file is gone; an object that could not be removed goes with the abandoned.
    await this.#options.objects.delete(key).catch(() => {});
  }

  /** Deletes all files of a workspace, objects first: what a failure leaves is tried again. */
  async deleteAll(orgId: string): Promise<void> {
    for (;;) {
      const keys = await this.#rows.someKeys(orgId, REMOVED_AT_ONCE);
      if (keys.length === 0) return;
      await Promise.all(keys.map((key) => this.#options.objects.delete(key)));
      await this.#rows.forget(orgId, keys);
    }
  }

  /** A link that works for 30 minutes. @throws FileStoreError `not_found` */
  async linkTo(scope: FileScope, path: unknown): Promise<string> {
    const { path: known } = await this.find(scope, path);
    return this.#links.linkTo({ ...scope, path: known }, Date.now());
  }

  /** Opens what a link's path names; null when the link is forged or expired, or the file gone. */
  async openLink(path: string, nowMs: number): Promise<OpenedStoredFile | null> {
    const file = this.#links.read(path, nowMs);
    if (!file) return null;
    return this.open(file, file.path).catch((error: unknown) => {
      if (error instanceof FileStoreError && error.code === "not_found") return null;
      throw error;
    });
  }

  /** A chore: removes objects that a crash has left without a file. */
  removeAbandoned(nowMs: number): Promise<number> {
    const inUse = (keys: readonly string[]) => this.#rows.inUse(keys);
    return this.#options.objects.removeAbandoned({ prefix: OBJECTS, beforeMs: nowMs - ABANDONED_AFTER_MS, inUse });
  }

  /** Why there is no object behind a row. */
  async #lost(scope: FileScope, row: StoredFileRow): Promise<FileStoreError> {
    const now = await this.#rows.find({ ...scope, path: row.path });
    if (now?.object_key !== row.object_key) return changed(row.path);
    if (this.#options.objects.isShared) return new FileStoreError("unavailable", `The content of ${row.path} is gone`);
    const message = `${row.path} lies on the disk of another node: several nodes need MILLRACE_S3_FILES_BUCKET`;
    return new FileStoreError("elsewhere", message);
  }
}

function fileOf({ orgId, projectId }: FileScope, path: unknown): FileOf {
  return { orgId, projectId, path: filePath(path) };
}

function changed(path: string): FileStoreError {
  return new FileStoreError("changed", `${path} was replaced while it was being read`);
}
