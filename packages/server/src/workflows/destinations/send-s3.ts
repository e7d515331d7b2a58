import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { callS3, S3Error, type S3Service } from "../../objects/index.ts";
import { invalidSend, SendError, type SendOutcome, type SendPayload } from "./send-outcome.ts";

/** Where sends go. */
export interface S3Target extends S3Service {
  /** Holds what is nobody's to write to. */
  readonly reservedBucket: string | null;
}

/** What goes into one object. */
export interface S3Batch {
  readonly bucket: string;
  readonly prefix: string;
  readonly lines: readonly string[];
}

const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
const MAX_PREFIX_CHARACTERS = 800;
const MAX_REPLY_BYTES = 10_000;
const compress = promisify(gzip);

/** Where a payload goes, and its line. @throws SendError */
export function s3LineOf(payload: SendPayload): { bucket: string; prefix: string; line: string } {
  const { bucket, prefix = "", payload: content } = payload;
  if (typeof bucket !== "string" || !BUCKET.test(bucket) || bucket.includes("..")) {
    throw invalidSend("bucket", "the name of a bucket");
  }
  if (typeof prefix !== "string" || prefix.length > MAX_PREFIX_CHARACTERS || !prefix.isWellFormed()) {
    throw invalidSend("prefix", `a text of at most ${MAX_PREFIX_CHARACTERS} characters`);
  }
  const parts = prefix.split("/").filter((part) => part !== "");
  // An address with such parts would mean another one, in another bucket even.
  if (parts.some((part) => part === "." || part === ".."))
    throw invalidSend("prefix", "free of . and .. between slashes");
  return { bucket, prefix: parts.join("/"), line: JSON.stringify(content ?? null) };
}

/** Writes one object, gzipped, one JSON value a line. @throws SendError, EgressError */
export async function putS3Batch(
  target: S3Target,
  batch: S3Batch,
  { id, nowMs }: { id: string; nowMs: number },
): Promise<Omit<SendOutcome, "duration_ms">> {
  const { bucket, prefix, lines } = batch;
  if (bucket === target.reservedBucket) throw invalidSend("bucket", "another one: this is where file stores lie");
  const key = [...(prefix === "" ? [] : [prefix]), objectName(nowMs, id)].join("/");
  const body = await compress(`${lines.join("\n")}\n`);
  const headers = { "content-type": "application/x-ndjson", "content-encoding": "gzip" };
  const path = `${bucket}/${key}`;
  try {
    await callS3(target, { method: "PUT", path, headers, body, maxBytes: MAX_REPLY_BYTES, whenTooLarge: "cut" });
  } catch (error) {
    throw error instanceof S3Error ? new SendError("http_status", error.message, { cause: error }) : error;
  }
  return { status: "success", bucket, key };
}

/** `YYYY/MM/DD/HH/YYYY-MM-DD-HH-MM-SS-ID.gz`, in UTC. */
function objectName(nowMs: number, id: string): string {
  const [date = "", time = ""] = new Date(nowMs).toISOString().slice(0, 19).split("T");
  return `${date.replaceAll("-", "/")}/${time.slice(0, 2)}/${date}-${time.replaceAll(":", "-")}-${id}.gz`;
}
