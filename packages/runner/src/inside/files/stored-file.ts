import { createReadStream as openLocal, createWriteStream as createLocal } from "node:fs";
import { Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { callbackify } from "node:util";
import type { Json } from "../../invocation.ts";
import { collect } from "../calls/index.ts";
import type { Calls } from "../calls/index.ts";
import { isObject } from "../definition/index.ts";
import { asText } from "../safe-json.ts";

/** How much of a file travels at once. */
const CHUNK_BYTES = 1024 * 1024;
const DESCRIPTOR_TYPE = "millrace.file";

type ReadableInput = AsyncIterable<unknown> | ReadableStream;

/** One file of the file store. */
export class StoredFile {
  readonly path: string;
  readonly #calls: Calls;

  constructor(path: string, calls: Calls) {
    this.path = path;
    this.#calls = calls;
  }

  static isDescriptor(value: unknown): boolean {
    return isObject(value) && value["$type"] === DESCRIPTOR_TYPE && typeof value["path"] === "string";
  }

  get name(): string {
    return this.path.slice(this.path.lastIndexOf("/") + 1);
  }

  /** A link to its content that works for 30 minutes. */
  async toUrl(): Promise<string> {
    const answer = await this.#calls.call("files.url", { path: this.path });
    return isObject(answer) ? asText(answer["url"]) : "";
  }

  /** Writes its content to a local file. */
  async toFile(localPath: string): Promise<void> {
    await pipeline(this.createReadStream(), createLocal(localPath));
  }

  async toBuffer(): Promise<Buffer> {
    return Buffer.concat(await collect(this.#chunks(0, Number.POSITIVE_INFINITY)));
  }

  /** @param start offset of the first byte; @param end of the first one that is left out. */
  async toEncodedString(encoding: BufferEncoding = "utf8", start = 0, end = Number.POSITIVE_INFINITY): Promise<string> {
    return Buffer.concat(await collect(this.#chunks(start, end))).toString(encoding);
  }

  createReadStream(): Readable {
    return Readable.from(this.#chunks(0, Number.POSITIVE_INFINITY), { objectMode: false });
  }

  /** The file appears when the stream is finished. The length need not be known. */
  createWriteStream(contentType?: string, _contentLength?: number): Writable {
    const upload = new Upload(this.path, { calls: this.#calls, contentType: contentType ?? null });
    const add = callbackify((chunk: Buffer) => upload.add(chunk));
    return new Writable({
      write: (chunk: Buffer, _encoding, done) => add(chunk, done),
      final: callbackify(() => upload.finish()),
    });
  }

  async fromFile(localPath: string, contentType?: string): Promise<this> {
    return this.fromReadableStream(openLocal(localPath), contentType);
  }

  /** @param options those of `fetch`. @throws when the address answers with an error. */
  async fromUrl(url: string | URL, options?: RequestInit): Promise<this> {
    const response = await fetch(url, options);
    if (!response.ok) throw new Error(`${String(url)} answered with status ${response.status}`);
    return this.fromReadableStream(
      response.body ?? Readable.from([]),
      response.headers.get("content-type") ?? undefined,
    );
  }

  async fromReadableStream(stream: ReadableInput, contentType?: string, contentSize?: number): Promise<this> {
    await pipeline(stream, this.createWriteStream(contentType, contentSize));
    return this;
  }

  async delete(): Promise<void> {
    await this.#calls.call("files.delete", { path: this.path });
  }

  /** What steps export of it: later steps open it again. */
  toJSON(): { $type: string; name: string; path: string } {
    return { $type: DESCRIPTOR_TYPE, name: this.name, path: this.path };
  }

  async *#chunks(start: number, end: number): AsyncGenerator<Buffer> {
    let offset = start;
    let known: Json = null;
    while (offset < end) {
      const length = Math.min(CHUNK_BYTES, end - offset);
      const answer = await this.#calls.call("files.read", { path: this.path, offset, length, version: known });
      const { content, sizeBytes, version } = readChunk(answer);
      known = version;
      if (content.length > 0) yield content;
      offset += content.length;
      if (content.length === 0 || offset >= sizeBytes) return;
    }
  }
}

/** Collects a file's content into parts and sends them in order. */
class Upload {
  readonly #path: string;
  readonly #calls: Calls;
  readonly #contentType: string | null;
  #id: Json = null;
  #held: Buffer[] = [];
  #heldBytes = 0;

  constructor(path: string, { calls, contentType }: { calls: Calls; contentType: string | null }) {
    this.#path = path;
    this.#calls = calls;
    this.#contentType = contentType;
  }

  async add(chunk: Buffer): Promise<void> {
    for (let at = 0; at < chunk.length;) {
      const piece = chunk.subarray(at, at + CHUNK_BYTES - this.#heldBytes);
      this.#held.push(piece);
      this.#heldBytes += piece.length;
      at += piece.length;
      if (this.#heldBytes === CHUNK_BYTES) await this.#send(false);
    }
  }

  finish(): Promise<void> {
    return this.#send(true);
  }

  async #send(isLast: boolean): Promise<void> {
    const content = Buffer.concat(this.#held).toString("base64");
    this.#held = [];
    this.#heldBytes = 0;
    const part = { path: this.#path, upload: this.#id, content, isLast, contentType: this.#contentType };
    const answer = await this.#calls.call("files.write", part);
    this.#id = isObject(answer) ? (answer["upload"] as Json) : null;
  }
}

function readChunk(answer: Json): { content: Buffer; sizeBytes: number; version: string | null } {
  const { content, sizeBytes, version } = isObject(answer) ? answer : {};
  return {
    version: typeof version === "string" ? version : null,
    content: Buffer.from(typeof content === "string" ? content : "", "base64"),
    sizeBytes: typeof sizeBytes === "number" ? sizeBytes : 0,
  };
}
