import { createHmac, timingSafeEqual } from "node:crypto";
import type { Readable } from "node:stream";
import { newId } from "../../core/index.ts";
import { writeStream, type ObjectStore } from "../../objects/index.ts";
import type { FileLink } from "./multipart.ts";

export interface UploadedFilesOptions {
  /** Where the files lie. */
  objects: ObjectStore;
  publicUrl: string;
  /** Secret that signs the links. */
  signingKey: Buffer;
  linkTtlMs?: number;
}

export interface FileInput {
  /** All bytes, or a stream of at most `limitBytes`. */
  content: Buffer | Readable;
  filename: string;
  mimetype: string;
  limitBytes?: number;
}

/** A file that a valid link names. */
export interface OpenedFile {
  stream: Readable;
  sizeBytes: number;
  filename: string;
  mimetype: string;
}

interface LinkedFile {
  readonly fileId: string;
  readonly filename: string;
  readonly mimetype: string;
  readonly sizeBytes: number;
}

/** A streamed upload went over its limit; nothing of it is kept. */
export class UploadTooLargeError extends Error {
  override name = "UploadTooLargeError";
  readonly code = "UPLOAD_TOO_LARGE";
}

export const FILES_PATH = "/v1/files/";
const DEFAULT_LINK_TTL_MS = 30 * 60_000;
const FILE_ID = /^file_[0-9A-Za-z]+$/;
const OBJECTS = "file_";

/**
 * Files that came with requests, kept for as long as their signed links last. A link carries all that there is to
 * know, so there are no rows to keep in step with the files.
 */
export class UploadedFiles {
  readonly #options: UploadedFilesOptions;
  readonly #ttlMs: number;

  constructor(options: UploadedFilesOptions) {
    this.#options = options;
    this.#ttlMs = options.linkTtlMs ?? DEFAULT_LINK_TTL_MS;
  }

  /** Keeps a file and answers its link. @throws UploadTooLargeError */
  async store({ content, filename, mimetype, limitBytes }: FileInput): Promise<FileLink> {
    const fileId = newId("file");
    const source = toStream(content);
    const onSize = (sizeBytes: number): void => assertSize(sizeBytes, limitBytes);
    const sizeBytes = await writeStream(this.#options.objects, fileId, { source, onSize });
    return { url: this.#linkTo({ fileId, filename, mimetype, sizeBytes }), filename, mimetype };
  }

  /** Opens what a link's path and query name; null when the link is forged or expired, or the file gone. */
  async open(pathAndQuery: string, nowMs: number): Promise<OpenedFile | null> {
    const url = new URL(pathAndQuery, "http://localhost");
    const fileId = url.pathname.slice(FILES_PATH.length);
    const named = {
      fileId,
      filename: url.searchParams.get("name") ?? "",
      mimetype: url.searchParams.get("type") ?? "",
      sizeBytes: Number(url.searchParams.get("size")),
    };
    const exp = Number(url.searchParams.get("exp"));
    const isSigned = sameText(url.searchParams.get("sig") ?? "", this.#signature(named, exp));
    if (!isSigned || !FILE_ID.test(fileId) || exp * 1000 < nowMs) return null;
    const stream = await this.#options.objects.stream(fileId, named.sizeBytes);
    return stream && { ...named, stream };
  }

  /** A chore: removes the files whose links have expired. */
  removeExpired(nowMs: number): Promise<number> {
    const nobody = async (): Promise<ReadonlySet<string>> => new Set();
    const expired = { prefix: OBJECTS, beforeMs: nowMs - this.#ttlMs, inUse: nobody };
    return this.#options.objects.removeAbandoned(expired);
  }

  #linkTo(file: LinkedFile): string {
    const exp = Math.ceil((Date.now() + this.#ttlMs) / 1000);
    const query = new URLSearchParams({
      name: file.filename,
      type: file.mimetype,
      size: String(file.sizeBytes),
      exp: String(exp),
      sig: this.#signature(file, exp),
    });
    return `${this.#options.publicUrl}${FILES_PATH}${file.fileId}?${query.toString()}`;
  }

  #signature(file: LinkedFile, exp: number): string {
    const signed = JSON.stringify([file.fileId, file.filename, file.mimetype, file.sizeBytes, exp]);
    return createHmac("sha256", this.#options.signingKey).update(signed).digest("base64url");
  }
}

async function* toStream(content: Buffer | Readable): AsyncGenerator<Buffer> {
  if (Buffer.isBuffer(content)) yield content;
  // A request that is refused in the middle stays open for its answer.
  else yield* content.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
}

function assertSize(sizeBytes: number, limitBytes: number | undefined): void {
  if (limitBytes !== undefined && sizeBytes > limitBytes) {
    throw new UploadTooLargeError(`An upload may have ${limitBytes} bytes`);
  }
}

function sameText(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}
