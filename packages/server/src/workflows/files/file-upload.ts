import type { ObjectStore, ObjectWriter } from "../../objects/index.ts";
import { FileStoreError } from "./file-error.ts";
import type { FileOf, FileRows } from "./file-rows.ts";

export interface FileLimits {
  /** Of one file. */
  readonly fileBytes: number;
  /** Of all files of a workspace. */
  readonly workspaceBytes: number;
}

export interface FileUploadParts {
  readonly rows: FileRows;
  readonly objects: ObjectStore;
  readonly limits: FileLimits;
}

export interface UploadTarget {
  readonly file: FileOf;
  /** Of the object that will hold it. */
  readonly key: string;
  readonly contentType: string | null;
}

/** A file on its way in. It appears, or replaces the one before it, when `finish` has succeeded. */
export class FileUpload {
  readonly #parts: FileUploadParts;
  readonly #target: UploadTarget;
  readonly #writer: ObjectWriter;

  private constructor(parts: FileUploadParts, { writer, ...target }: UploadTarget & { writer: ObjectWriter }) {
    this.#parts = parts;
    this.#target = target;
    this.#writer = writer;
  }

  /** @throws FileStoreError when the workspace's store is full */
  static async begin(parts: FileUploadParts, target: UploadTarget): Promise<FileUpload> {
    await assertRoom(parts, { file: target.file, sizeBytes: 1 });
    return new FileUpload(parts, { ...target, writer: await parts.objects.write(target.key) });
  }

  /** @throws FileStoreError when it becomes too large; abort it then */
  async append(bytes: Buffer): Promise<void> {
    const { fileBytes } = this.#parts.limits;
    if (this.#writer.sizeBytes + bytes.length > fileBytes) {
      throw new FileStoreError("too_large", `A file may have ${fileBytes} bytes`);
    }
    await this.#writer.append(bytes);
  }

  /** @throws FileStoreError when the workspace's store is full; nothing has changed then */
  async finish(): Promise<void> {
    const { rows, objects } = this.#parts;
    const { file, key, contentType } = this.#target;
    const { sizeBytes } = this.#writer;
    await assertRoom(this.#parts, { file, sizeBytes });
    await this.#writer.finish();
    const replaced = await rows.put(file, { key, contentType, sizeBytes }).catch(async (error: unknown) => {
      // An object without a row is nobody's file; what is left of it goes with the abandoned.
      await objects.delete(key).catch(() => {});
      throw error;
    });
    if (replaced !== null) await objects.delete(replaced).catch(() => {});
  }

  async abort(): Promise<void> {
    await this.#writer.abort();
  }
}

async function assertRoom(
  { rows, limits }: FileUploadParts,
  { file, sizeBytes }: { file: FileOf; sizeBytes: number },
): Promise<void> {
  if ((await rows.totalBytes(file)) + sizeBytes <= limits.workspaceBytes) return;
  throw new FileStoreError("store_full", `The files of a workspace may have ${limits.workspaceBytes} bytes together`);
}
