import type { Egress, EgressReply } from "../egress/index.ts";
import { encodeS3Path, signedS3Headers, type AwsCredentials } from "./aws-signature.ts";

/** An S3-compatible service, and how it is reached. */
export interface S3Service extends AwsCredentials {
  /** Without a slash at its end. */
  readonly endpoint: string;
  /** May reach the endpoint even when that is a private address: it is the operator's choice, not a user's. */
  readonly egress: Egress;
}

export interface S3Request {
  readonly method: "GET" | "PUT" | "POST" | "DELETE";
  /** Bucket and key. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer;
  readonly maxBytes: number;
  readonly whenTooLarge?: "fail" | "cut";
}

/** The service refused. */
export class S3Error extends Error {
  override name = "S3Error";
  readonly status: number;

  constructor(status: number, body: string) {
    const code = tagIn(body, "Code");
    super(`the store answered ${status}${code === null ? "" : ` ${code}`}`);
    this.status = status;
  }
}

const TIMEOUT_MS = 60_000;

/** Sends one signed request. @throws S3Error for any status that is no success, EgressError when there is no answer */
export async function callS3(service: S3Service, request: S3Request): Promise<EgressReply> {
  const { method, path, query = {}, headers = {}, body = Buffer.alloc(0), maxBytes } = request;
  const url = new URL(`${service.endpoint}/${encodeS3Path(path)}`);
  url.search = new URLSearchParams(query).toString();
  const reply = await service.egress.request({
    url: url.href,
    method,
    headers: signedS3Headers({ method, url, headers, body }, { credentials: service, nowMs: Date.now() }),
    ...((method === "PUT" || method === "POST") && { body }),
    timeoutMs: TIMEOUT_MS,
    maxBytes,
    whenTooLarge: request.whenTooLarge ?? "fail",
  });
  if (reply.status >= 300) throw new S3Error(reply.status, reply.body.toString("utf8"));
  return reply;
}

/** The text in the first such element of an XML reply of S3, which has neither attributes nor nesting of the same name. */
export function tagIn(xml: string, name: string): string | null {
  return tagsIn(xml, name)[0] ?? null;
}

export function tagsIn(xml: string, name: string): string[] {
  return [...xml.matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, "g"))].map(([, text = ""]) => unescapeXml(text));
}

function unescapeXml(text: string): string {
  const names: Record<string, string> = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };
  return text.replaceAll(/&(lt|gt|quot|apos|amp);/g, (_whole, name: string) => names[name] ?? "");
}
