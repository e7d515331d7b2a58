import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import { signedS3Headers } from "../src/objects/aws-signature.ts";

interface Stored {
  content: Buffer;
  modifiedAtMs: number;
}
interface Exchange {
  readonly method: string;
  readonly url: URL;
  readonly body: Buffer;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

const CREDENTIALS = { accessKeyId: "AKIATEST", secretAccessKey: "secret", region: "eu-test-1" };

/** A local service that speaks what we use of S3: objects, ranges, lists and uploads in parts. It checks signatures. */
export class TestBucket {
  /** By `/bucket/key`. */
  readonly objects = new Map<string, Stored>();
  readonly uploads = new Map<string, { path: string; parts: Map<number, Buffer>; beganMs: number }>();
  /** Answers nothing but 503. */
  isDown = false;
  largestBody = 0;
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    server.on("request", (request, response) => {
      void buffer(request).then((body) => {
        const url = new URL(request.url ?? "", this.url);
        this.#answer({ method: request.method ?? "", url, body, request, response });
      });
    });
  }

  static async start(): Promise<TestBucket> {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    return new TestBucket(server);
  }

  get url(): string {
    const address = this.#server.address();
    return `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
  }

  /** Settings of a server that keeps its files here. */
  get env(): Record<string, string> {
    return {
      MILLRACE_S3_ENDPOINT: this.url,
      MILLRACE_S3_REGION: CREDENTIALS.region,
      MILLRACE_S3_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
      MILLRACE_S3_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
      MILLRACE_S3_FILES_BUCKET: "millrace-files",
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #answer(exchange: Exchange): void {
    const { method, url, body, response } = exchange;
    this.largestBody = Math.max(this.largestBody, body.length);
    if (this.isDown) return refuse(response, { status: 503, code: "SlowDown" });
    if (!isSigned(exchange)) return refuse(response, { status: 403, code: "SignatureDoesNotMatch" });
    const uploadId = url.searchParams.get("uploadId");
    if (uploadId !== null) return this.#part(exchange, uploadId);
    if (url.searchParams.has("list-type")) return this.#list(exchange);
    if (method === "GET" && url.searchParams.has("uploads")) return this.#listUploads(exchange);
    const path = decodeURIComponent(url.pathname);
    if (method === "POST") return this.#begin(path, response);
    if (method === "PUT") this.objects.set(path, { content: body, modifiedAtMs: Date.now() });
    if (method === "DELETE") this.objects.delete(path);
    if (method === "GET") return this.#get(exchange);
    response.writeHead(method === "DELETE" ? 204 : 200).end();
  }

  #get({ url, request, response }: Exchange): void {
    const found = this.objects.get(decodeURIComponent(url.pathname));
    if (!found) return refuse(response, { status: 404, code: "NoSuchKey" });
    const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "") ?? [];
    if (first === undefined) response.writeHead(200).end(found.content);
    else response.writeHead(206).end(found.content.subarray(Number(first), Number(last) + 1));
  }

  #begin(path: string, response: ServerResponse): void {
    const uploadId = `up-${this.uploads.size}/&`;
    this.uploads.set(uploadId, { path, parts: new Map(), beganMs: Date.now() });
    xml(
      response,
      `<InitiateMultipartUploadResult><UploadId>${escaped(uploadId)}</UploadId></InitiateMultipartUploadResult>`,
    );
  }

  #part({ method, url, body, response }: Exchange, uploadId: string): void {
    const upload = this.uploads.get(uploadId);
    if (!upload) return refuse(response, { status: 404, code: "NoSuchUpload" });
    if (method === "PUT") {
      upload.parts.set(Number(url.searchParams.get("partNumber")), body);
      response.writeHead(200, { etag: `"${createHash("md5").update(body).digest("hex")}"` }).end();
      return;
    }
    this.uploads.delete(uploadId);
    if (method === "DELETE") return void response.writeHead(204).end();
    const parts = [...upload.parts].toSorted(([a], [b]) => a - b).map(([, part]) => part);
    const isRight = parts.every((part) => body.includes(createHash("md5").update(part).digest("hex")));
    if (!isRight || parts.slice(0, -1).some((part) => part.length < 5 * 1024 * 1024)) {
      return refuse(response, { status: 400, code: "InvalidPart" });
    }
    this.objects.set(upload.path, { content: Buffer.concat(parts), modifiedAtMs: Date.now() });
    xml(response, "<CompleteMultipartUploadResult><ETag>&quot;x&quot;</ETag></CompleteMultipartUploadResult>");
  }

  /** Two at a time, so that going on is tested too. */
  #list({ url, response }: Exchange): void {
    const prefix = `${url.pathname}/${url.searchParams.get("prefix") ?? ""}`;
    const token = url.searchParams.get("continuation-token") ?? "";
    const keys = [...this.objects.keys()].filter((path) => path.startsWith(prefix) && path > token).toSorted();
    const shown = keys.slice(0, 2).map((path) => {
      const time = new Date(this.objects.get(path)?.modifiedAtMs ?? 0).toISOString();
      return `<Contents><Key>${path.slice(url.pathname.length + 1)}</Key><LastModified>${time}</LastModified></Contents>`;
    });
    const next = keys.length > 2 ? `<NextContinuationToken>${keys[1]}</NextContinuationToken>` : "";
    xml(response, `<ListBucketResult>${shown.join("")}${next}</ListBucketResult>`);
  }

  #listUploads({ url, response }: Exchange): void {
    const shown = [...this.uploads].map(([id, { path, beganMs }]) => {
      const key = path.slice(url.pathname.length + 1);
      const time = new Date(beganMs).toISOString();
      return `<Upload><Key>${key}</Key><UploadId>${escaped(id)}</UploadId><Initiated>${time}</Initiated></Upload>`;
    });
    xml(response, `<ListMultipartUploadsResult>${shown.join("")}</ListMultipartUploadsResult>`);
  }
}

/** Signs the request anew from what arrived and compares. */
function isSigned({ method, url, body, request }: Exchange): boolean {
  const { headers } = request;
  const names = /SignedHeaders=([^,]+)/.exec(headers.authorization ?? "")?.[1]?.split(";") ?? [];
  const own = names.filter((name) => name !== "host" && !name.startsWith("x-amz-"));
  const signed = Object.fromEntries(own.map((name) => [name, String(headers[name])]));
  const time = String(headers["x-amz-date"]).replace(/^(....)(..)(..)T(..)(..)(..)Z$/, "$1-$2-$3T$4:$5:$6Z");
  const how = { credentials: CREDENTIALS, nowMs: Date.parse(time) };
  return signedS3Headers({ method, url, headers: signed, body }, how)["authorization"] === headers.authorization;
}

function refuse(response: ServerResponse, { status, code }: { status: number; code: string }): void {
  response.writeHead(status, { "content-type": "application/xml" }).end(`<Error><Code>${code}</Code></Error>`);
}

function xml(response: ServerResponse, text: string): void {
  response.writeHead(200, { "content-type": "application/xml" }).end(text);
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;");
}
