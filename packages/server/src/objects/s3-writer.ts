import type { ObjectWriter } from "./object-store.ts";
import { callS3, tagIn, type S3Service } from "./s3-service.ts";

/** S3 takes parts of at least 5 MB, and 10,000 of them. */
const FIRST_PART_BYTES = 5 * 1024 * 1024;
const PARTS_OF_A_SIZE = 1_000;
const MAX_REPLY_BYTES = 64 * 1024;

/** Writes a small object at once, and a larger one in parts, of which it holds one in memory. */
export class S3Writer implements ObjectWriter {
  readonly #service: S3Service;
  readonly #path: string;
  #chunks: Buffer[] = [];
  #heldBytes = 0;
  #uploadId: string | null = null;
  readonly #etags: string[] = [];
  sizeBytes = 0;

  /** @param options `path`: bucket and key */
  constructor(options: { service: S3Service; path: string }) {
    this.#service = options.service;
    this.#path = options.path;
  }

  async append(bytes: Buffer): Promise<void> {
    this.#chunks.push(bytes);
    this.#heldBytes += bytes.length;
    this.sizeBytes += bytes.length;
    const growth = 1 + Math.floor(this.#etags.length / PARTS_OF_A_SIZE);
    if (this.#heldBytes >= FIRST_PART_BYTES * growth) await this.#sendPart();
  }

  async finish(): Promise<void> {
    if (this.#uploadId === null) {
      await this.#call("PUT", { body: this.#take() });
      return;
    }
    if (this.#heldBytes > 0) await this.#sendPart();
    const parts = this.#etags.map((etag, at) => `<Part><PartNumber>${at + 1}</PartNumber><ETag>${etag}</ETag></Part>`);
    const body = Buffer.from(`<CompleteMultipartUpload>${parts.join("")}</CompleteMultipartUpload>`);
    const xml = await this.#call("POST", { query: { uploadId: this.#uploadId }, body });
    // S3 may say 200 first and find out afterwards that it failed.
    if (tagIn(xml, "ETag") === null) throw new Error(`the store did not put the parts together: ${tagIn(xml, "Code")}`);
  }

  async abort(): Promise<void> {
    this.#take();
    if (this.#uploadId === null) return;
    const query = { uploadId: this.#uploadId };
    // What cannot be removed goes with the abandoned.
    await this.#call("DELETE", { query }).catch(() => {});
  }

  async #sendPart(): Promise<void> {
    const uploadId = (this.#uploadId ??= await this.#begin());
    const query = { partNumber: String(this.#etags.length + 1), uploadId };
    const request = { method: "PUT", path: this.#path, query, body: this.#take(), maxBytes: MAX_REPLY_BYTES } as const;
    const { headers } = await callS3(this.#service, request);
    this.#etags.push(headers["etag"] ?? "");
  }

  async #begin(): Promise<string> {
    const uploadId = tagIn(await this.#call("POST", { query: { uploads: "" } }), "UploadId");
    if (uploadId === null) throw new Error("the store began no upload");
    return uploadId;
  }

  #take(): Buffer {
    const body = Buffer.concat(this.#chunks);
    this.#chunks = [];
    this.#heldBytes = 0;
    return body;
  }

  async #call(
    method: "PUT" | "POST" | "DELETE",
    request: { query?: Record<string, string>; body?: Buffer },
  ): Promise<string> {
    const reply = await callS3(this.#service, { method, path: this.#path, ...request, maxBytes: MAX_REPLY_BYTES });
    return reply.body.toString("utf8");
  }
}
