import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { Egress } from "../../egress/index.ts";
import { encodeS3Path, signedS3Headers, type AwsCredentials } from "./aws-signature.ts";
import { invalidSend, SendError, type SendOutcome, type SendPayload } from "./send-outcome.ts";

/** An S3-compatible service, and how it is reached. */
export interface S3Target extends AwsCredentials {
  /** Without a slash at its end. */
  readonly endpoint: string;
  /** May reach the endpoint even when that is a private address: it is the operator's choice, not a user's. */
  readonly egress: Egress;
}

/** What goes into one object. */
export interface S3Batch {
  readonly bucket: string;
  readonly prefix: string;
  readonly lines: readonly string[];
}

const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
const MAX_PREFIX_CHARACTERS = 800;
const TIMEOUT_MS = 30_000;
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
  const key = [...(prefix === "" ? [] : [prefix]), objectName(nowMs, id)].join("/");
  const url = new URL(`${target.endpoint}/${encodeS3Path(`${bucket}/${key}`)}`);
  const body = await compress(`${lines.join("\n")}\n`);
  const headers = { "content-type": "application/x-ndjson", "content-encoding": "gzip" };
  const reply = await target.egress.request({
    url: url.href,
    method: "PUT",
    headers: signedS3Headers({ method: "PUT", url, headers, body }, { credentials: target, nowMs }),
    body,
    timeoutMs: TIMEOUT_MS,
    maxBytes: MAX_REPLY_BYTES,
    whenTooLarge: "cut",
  });
  if (reply.status < 300) return { status: "success", bucket, key };
  const code = /<Code>(\w+)<\/Code>/.exec(reply.body.toString("utf8"))?.[1];
  throw new SendError("http_status", `the store answered ${reply.status}${code === undefined ? "" : ` ${code}`}`);
}

/** `YYYY/MM/DD/HH/YYYY-MM-DD-HH-MM-SS-ID.gz`, in UTC. */
function objectName(nowMs: number, id: string): string {
  const [date = "", time = ""] = new Date(nowMs).toISOString().slice(0, 19).split("T");
  return `${date.replaceAll("-", "/")}/${time.slice(0, 2)}/${date}-${time.replaceAll(":", "-")}-${id}.gz`;
}
