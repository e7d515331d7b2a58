import type { Json, JsonObject } from "@millrace/runner";
import { isUnavailable } from "../../db/index.ts";
import { ApiError } from "../../core/index.ts";
import { FileStoreError } from "./file-error.ts";
import type { EntryRow, FileScope } from "./file-rows.ts";
import type { FileStores } from "./file-stores.ts";
import { StepUploads } from "./step-uploads.ts";

export interface FileCallsOptions {
  stores: FileStores;
  /** Faults of our own and of the service behind; the step only learns that there was one. */
  onError(error: unknown): void;
}

interface FileCall {
  readonly scope: FileScope;
  readonly method: string;
  /** As the sandbox sent them. */
  readonly params: Json;
}

const MAX_PART_BYTES = 4 * 1024 * 1024;
const LISTED_AT_ONCE = 1_000;
const MAX_TYPE_CHARACTERS = 255;

/** Answers what steps ask of their project's file store. Nothing in what they send is believed. */
export class FileCalls {
  readonly #stores: FileStores;
  readonly #uploads: StepUploads;
  readonly #onError: (error: unknown) => void;

  constructor(options: FileCallsOptions) {
    this.#stores = options.stores;
    this.#uploads = new StepUploads({ stores: options.stores });
    this.#onError = options.onError;
  }

  /** @throws FileStoreError for the user to see; ApiError `unavailable` */
  async handle({ scope, method, params }: FileCall): Promise<Json> {
    const given: JsonObject = typeof params === "object" && params !== null && !Array.isArray(params) ? params : {};
    try {
      return await this.#answer({ scope, method, given });
    } catch (error) {
      if (error instanceof FileStoreError || error instanceof ApiError) throw error;
      if (!isUnavailable(error)) this.#onError(error);
      throw new FileStoreError("unavailable", "The file store can not be reached; try again", { cause: error });
    }
  }

  /** Forgets what has been begun. */
  stop(): Promise<void> {
    return this.#uploads.stop();
  }

  async #answer(call: { scope: FileScope; method: string; given: JsonObject }): Promise<Json> {
    const { scope, method, given } = call;
    switch (method) {
      case "files.read":
        return this.#read(scope, given);
      case "files.write":
        return this.#write(scope, given);
      case "files.delete":
        await this.#stores.delete(scope, given["path"]);
        return null;
      case "files.list":
        return this.#list(scope, given);
      case "files.url":
        return { url: await this.#stores.linkTo(scope, given["path"]) };
      default:
        throw new FileStoreError("invalid_call", `There is no call ${JSON.stringify(method)}`);
    }
  }

  async #read(scope: FileScope, given: JsonObject): Promise<Json> {
    const offset = wholeNumber(given["offset"]);
    const length = Math.min(wholeNumber(given["length"]), MAX_PART_BYTES);
    const version = typeof given["version"] === "string" ? given["version"] : null;
    const { content, ...shown } = await this.#stores.read(scope, given["path"], { offset, length, version });
    return { ...shown, content: content.toString("base64") };
  }

  async #write(scope: FileScope, given: JsonObject): Promise<Json> {
    const { path, upload, content, isLast, contentType } = given;
    if (typeof content !== "string") throw new FileStoreError("invalid_call", "A part must have content");
    const isType = typeof contentType === "string" && contentType.length <= MAX_TYPE_CHARACTERS;
    const bytes = Buffer.from(content, "base64");
    if (bytes.length > MAX_PART_BYTES) throw new FileStoreError("invalid_call", "A part is too large");
    const part = { bytes, isLast: isLast === true };
    const begun = typeof upload === "string" ? upload : null;
    const id = begun ?? (await this.#uploads.begin(scope, path, isType ? contentType : null));
    await this.#uploads.add(scope, id, part);
    return { upload: id };
  }

  async #list(scope: FileScope, given: JsonObject): Promise<Json> {
    const { path, after } = given;
    if (typeof path !== "string") throw new FileStoreError("invalid_path", "A path must be a text");
    const afterId = typeof after === "string" ? after : "";
    const rows = await this.#stores.some(scope, path, { afterId, limit: LISTED_AT_ONCE + 1 });
    const shown = rows.slice(0, LISTED_AT_ONCE);
    const folder = path.split("/").filter((part) => part !== "" && part !== ".");
    const entries = shown.map((row) => entryOf(row, folder));
    return { entries, next: rows.length > shown.length ? (shown.at(-1)?.id ?? null) : null };
  }
}

function entryOf(row: EntryRow, folder: readonly string[]): Json {
  return {
    name: row.name,
    path: [...folder, row.name].join("/"),
    isDirectory: row.is_directory,
    sizeBytes: row.size_bytes,
    modifiedAtMs: row.updated_at_ms,
  };
}

function wholeNumber(value: Json | undefined): number {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
  throw new FileStoreError("invalid_call", "An offset and a length must be whole numbers");
}
