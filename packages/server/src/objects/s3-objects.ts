import { Readable } from "node:stream";
import {
  assertObjectKey,
  type Abandoned,
  type ByteRange,
  type ObjectStore,
  type ObjectWriter,
} from "./object-store.ts";
import { callS3, S3Error, tagIn, tagsIn, type S3Service } from "./s3-service.ts";
import { S3Writer } from "./s3-writer.ts";

/** A download is fetched in parts of this size, one after the other. */
const READ_BYTES = 4 * 1024 * 1024;
const MAX_LIST_BYTES = 4 * 1024 * 1024;
const MAX_REPLY_BYTES = 64 * 1024;

/** Objects in a bucket of an S3-compatible service: the same ones for every node. */
export class S3Objects implements ObjectStore {
  readonly isShared = true;
  readonly #service: S3Service;
  readonly #bucket: string;

  constructor(options: { service: S3Service; bucket: string }) {
    this.#service = options.service;
    this.#bucket = options.bucket;
  }

  async write(key: string): Promise<ObjectWriter> {
    return new S3Writer({ service: this.#service, path: this.#pathOf(key) });
  }

  async read(key: string, { offset, length }: ByteRange): Promise<Buffer | null> {
    const range = `bytes=${offset}-${offset + length - 1}`;
    try {
      const request = {
        method: "GET",
        path: this.#pathOf(key),
        headers: { range },
        maxBytes: length + MAX_REPLY_BYTES,
      } as const;
      const reply = await callS3(this.#service, request);
      // One that does not know ranges sends everything.
      return reply.status === 206 ? reply.body : reply.body.subarray(offset, offset + length);
    } catch (error) {
      if (error instanceof S3Error && error.status === 404) return null;
      if (error instanceof S3Error && error.status === 416) return Buffer.alloc(0);
      throw error;
    }
  }

  async stream(key: string, sizeBytes: number): Promise<Readable | null> {
    if (sizeBytes === 0) return Readable.from([]);
    const first = await this.read(key, { offset: 0, length: Math.min(READ_BYTES, sizeBytes) });
    return first && Readable.from(this.#parts(key, { first, sizeBytes }), { objectMode: false, highWaterMark: 1 });
  }

  async delete(key: string): Promise<void> {
    await this.#remove(this.#pathOf(key), {});
  }

  async removeAbandoned(abandoned: Abandoned): Promise<number> {
    return (await this.#removeObjects(abandoned)) + (await this.#removeUploads(abandoned));
  }

  async *#parts(key: string, { first, sizeBytes }: { first: Buffer; sizeBytes: number }): AsyncGenerator<Buffer> {
    yield first;
    for (let offset = first.length; offset < sizeBytes;) {
      const part = await this.read(key, { offset, length: Math.min(READ_BYTES, sizeBytes - offset) });
      if (!part || part.length === 0) throw new Error("the object vanished while it was being read");
      yield part;
      offset += part.length;
    }
  }

  async #removeObjects({ prefix, beforeMs, inUse }: Abandoned): Promise<number> {
    let count = 0;
    let token: string | null = null;
    do {
      const query = { "list-type": "2", prefix, ...(token !== null && { "continuation-token": token }) };
      const xml = await this.#list(query);
      const keys = tagsIn(xml, "Key");
      const times = tagsIn(xml, "LastModified");
      const old = keys.filter((_key, at) => Date.parse(times[at] ?? "") < beforeMs);
      const kept = await inUse(old);
      const gone = old.filter((key) => !kept.has(key));
      for (const key of gone) await this.#remove(`${this.#bucket}/${key}`, {});
      count += gone.length;
      token = tagIn(xml, "NextContinuationToken");
    } while (token !== null);
    return count;
  }

  /** Of uploads in parts that nobody goes on with. */
  async #removeUploads({ prefix, beforeMs }: Abandoned): Promise<number> {
    const xml = await this.#list({ uploads: "", prefix });
    const keys = tagsIn(xml, "Key");
    const ids = tagsIn(xml, "UploadId");
    const times = tagsIn(xml, "Initiated");
    const old = keys.map((key, at) => ({ key, uploadId: ids[at] ?? "", beganMs: Date.parse(times[at] ?? "") }));
    const gone = old.filter(({ beganMs }) => beganMs < beforeMs);
    for (const { key, uploadId } of gone) await this.#remove(`${this.#bucket}/${key}`, { uploadId });
    return gone.length;
  }

  async #list(query: Record<string, string>): Promise<string> {
    const reply = await callS3(this.#service, { method: "GET", path: this.#bucket, query, maxBytes: MAX_LIST_BYTES });
    return reply.body.toString("utf8");
  }

  async #remove(path: string, query: Record<string, string>): Promise<void> {
    try {
      await callS3(this.#service, { method: "DELETE", path, query, maxBytes: MAX_REPLY_BYTES });
    } catch (error) {
      if (!(error instanceof S3Error && error.status === 404)) throw error;
    }
  }

  #pathOf(key: string): string {
    return `${this.#bucket}/${assertObjectKey(key)}`;
  }
}
