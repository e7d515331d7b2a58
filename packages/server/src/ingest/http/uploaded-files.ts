import { createHmac, timingSafeEqual } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { Transform, type Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { newId } from "../../core/index.ts";
import type { FileLink } from "./multipart.ts";

export interface UploadedFilesOptions {
  /** Where the files lie; made when needed. */
  dir: string;
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

/** A streamed upload went over its limit; nothing of it is kept. */
export class UploadTooLargeError extends Error {
  override name = "UploadTooLargeError";
  readonly code = "UPLOAD_TOO_LARGE";
}

export const FILES_PATH = "/v1/files/";
const DEFAULT_LINK_TTL_MS = 30 * 60_000;
const FILE_ID = /^file_[0-9A-Za-z]+$/;

/**
 * Files that came with requests, kept on this node's disk for as long as their signed links last. A link carries all
 * that there is to know, so there are no rows to keep in step with the files.
 */
export class UploadedFiles {
  readonly #options: UploadedFilesOptions;
  readonly #ttlMs: number;
  #sweepTimer: NodeJS.Timeout | null = null;

  constructor(options: UploadedFilesOptions) {
    this.#options = options;
    this.#ttlMs = options.linkTtlMs ?? DEFAULT_LINK_TTL_MS;
  }

  /** Removes what an earlier process left behind. */
  async start(): Promise<void> {
    await this.sweep(Date.now());
  }

  stop(): void {
    if (this.#sweepTimer) clearTimeout(this.#sweepTimer);
    this.#sweepTimer = null;
  }

  /** Keeps a file and answers its link. @throws UploadTooLargeError */
  async store({ content, filename, mimetype, limitBytes }: FileInput): Promise<FileLink> {
    const fileId = newId("file");
    const path = join(this.#options.dir, fileId);
    await mkdir(this.#options.dir, { recursive: true, mode: 0o700 });
    try {
      const source = Buffer.isBuffer(content) ? [content] : content;
      await pipeline(source, limiter(limitBytes ?? Infinity), createWriteStream(path, { mode: 0o600 }));
    } catch (error) {
      await rm(path, { force: true });
      throw error;
    }
    this.#scheduleSweep();
    return { url: this.#linkTo({ fileId, filename, mimetype }), filename, mimetype };
  }

  /** Opens what a link's path and query name; null when the link is forged or expired, or the file gone. */
  async open(pathAndQuery: string, nowMs: number): Promise<OpenedFile | null> {
    const url = new URL(pathAndQuery, "http://localhost");
    const fileId = url.pathname.slice(FILES_PATH.length);
    const named = {
      fileId,
      filename: url.searchParams.get("name") ?? "",
      mimetype: url.searchParams.get("type") ?? "",
    };
    const exp = Number(url.searchParams.get("exp"));
    const isSigned = sameText(url.searchParams.get("sig") ?? "", this.#signature(named, exp));
    if (!isSigned || !FILE_ID.test(fileId) || exp * 1000 < nowMs) return null;
    const path = join(this.#options.dir, fileId);
    const found = await stat(path).catch(() => null);
    return found && { stream: createReadStream(path), sizeBytes: found.size, ...named };
  }

  /** Deletes the files whose links have expired; one round. */
  async sweep(nowMs: number): Promise<void> {
    const names = await readdir(this.#options.dir).catch(() => []);
    for (const name of names) {
      const path = join(this.#options.dir, name);
      const found = await stat(path).catch(() => null);
      if (found && found.mtimeMs + this.#ttlMs < nowMs) await rm(path, { force: true });
      else this.#scheduleSweep();
    }
  }

  #scheduleSweep(): void {
    if (this.#sweepTimer) return;
    this.#sweepTimer = setTimeout(() => {
      this.#sweepTimer = null;
      // A file that could not be removed is tried again with the next one.
      this.sweep(Date.now()).catch(() => {});
    }, this.#ttlMs + 1_000);
    this.#sweepTimer.unref();
  }

  #linkTo(file: { fileId: string; filename: string; mimetype: string }): string {
    const exp = Math.ceil((Date.now() + this.#ttlMs) / 1000);
    const query = new URLSearchParams({
      name: file.filename,
      type: file.mimetype,
      exp: String(exp),
      sig: this.#signature(file, exp),
    });
    return `${this.#options.publicUrl}${FILES_PATH}${file.fileId}?${query.toString()}`;
  }

  #signature(file: { fileId: string; filename: string; mimetype: string }, exp: number): string {
    const signed = JSON.stringify([file.fileId, file.filename, file.mimetype, exp]);
    return createHmac("sha256", this.#options.signingKey).update(signed).digest("base64url");
  }
}

function limiter(limitBytes: number): Transform {
  let sizeBytes = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      sizeBytes += chunk.length;
      if (sizeBytes > limitBytes) done(new UploadTooLargeError(`An upload may have ${limitBytes} bytes`));
      else done(null, chunk);
    },
  });
}

function sameText(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}
