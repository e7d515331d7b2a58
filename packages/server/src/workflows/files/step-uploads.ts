import { randomBase62 } from "../../core/index.ts";
import { FileStoreError } from "./file-error.ts";
import type { FileScope } from "./file-rows.ts";
import type { FileStores } from "./file-stores.ts";
import type { FileUpload } from "./file-upload.ts";

interface OpenUpload {
  readonly scope: FileScope;
  readonly upload: FileUpload;
  readonly timer: NodeJS.Timeout;
  isBusy: boolean;
}

/** Longer than a step may take. */
const IDLE_MS = 15 * 60_000;
const MAX_OF_WORKSPACE = 32;
const MAX_IN_ALL = 100;

/** Files that steps are writing, part by part. A step that ends in between leaves no file. */
export class StepUploads {
  readonly #stores: FileStores;
  readonly #open = new Map<string, OpenUpload>();

  constructor(options: { stores: FileStores }) {
    this.#stores = options.stores;
  }

  /** @returns its id, which nobody can guess. @throws FileStoreError */
  async begin(scope: FileScope, path: unknown, contentType: string | null): Promise<string> {
    const ofWorkspace = [...this.#open.values()].filter((one) => one.scope.orgId === scope.orgId).length;
    if (ofWorkspace >= MAX_OF_WORKSPACE || this.#open.size >= MAX_IN_ALL) {
      throw new FileStoreError("busy", "Too many files are being written at once; finish some first");
    }
    const upload = await this.#stores.begin(scope, path, contentType);
    const id = randomBase62(24);
    const timer = setTimeout(() => void this.#forget(id), IDLE_MS).unref();
    this.#open.set(id, { scope, upload, timer, isBusy: false });
    return id;
  }

  /** Adds a part; the last one makes the file. @throws FileStoreError, and then nothing is kept */
  async add(scope: FileScope, id: string, part: { bytes: Buffer; isLast: boolean }): Promise<void> {
    const open = this.#open.get(id);
    const isOurs = open?.scope.orgId === scope.orgId && open.scope.projectId === scope.projectId;
    if (!open || !isOurs) throw new FileStoreError("invalid_call", "There is no such upload");
    if (open.isBusy) throw new FileStoreError("invalid_call", "The parts of a file come one after the other");
    open.isBusy = true;
    open.timer.refresh();
    try {
      await open.upload.append(part.bytes);
      if (part.isLast) await open.upload.finish();
    } catch (error) {
      await this.#forget(id);
      throw error;
    }
    open.isBusy = false;
    if (part.isLast) this.#close(id);
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#open.keys()].map((id) => this.#forget(id)));
  }

  async #forget(id: string): Promise<void> {
    await this.#close(id)?.upload.abort();
  }

  #close(id: string): OpenUpload | undefined {
    const open = this.#open.get(id);
    if (open) clearTimeout(open.timer);
    this.#open.delete(id);
    return open;
  }
}
