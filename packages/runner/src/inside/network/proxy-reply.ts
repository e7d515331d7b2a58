import { EGRESS_ERROR_HEADER } from "../../messages.ts";

/** Longer heads than this are no reply of our proxy. */
const MAX_HEAD_BYTES = 16 * 1024;
const END_OF_HEAD = Buffer.from("\r\n\r\n");

/** What the proxy answered to `CONNECT`. */
export interface ProxyReply {
  /** Null when the tunnel stands, else the errno to throw. */
  readonly errorCode: string | null;
  /** The first bytes of the target itself. */
  readonly rest: Buffer;
}

/** Collects the head of the reply to `CONNECT`, however it is chopped. */
export class ProxyReplyReader {
  #bytes: Buffer = Buffer.alloc(0);

  /** Takes the next bytes; returns the reply once its head is complete. */
  push(chunk: Buffer): ProxyReply | null {
    this.#bytes = this.#bytes.length === 0 ? chunk : Buffer.concat([this.#bytes, chunk]);
    const end = this.#bytes.indexOf(END_OF_HEAD);
    if (end >= 0) {
      const rest = this.#bytes.subarray(end + END_OF_HEAD.length);
      return { errorCode: errorCodeOf(this.#bytes.toString("latin1", 0, end)), rest };
    }
    return this.#bytes.length > MAX_HEAD_BYTES ? { errorCode: "ECONNRESET", rest: Buffer.alloc(0) } : null;
  }
}

const CODE_BY_STATUS: Readonly<Record<string, string>> = { 403: "EACCES", 502: "ECONNREFUSED", 504: "ETIMEDOUT" };

function errorCodeOf(head: string): string | null {
  const status = /^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1];
  if (status === "200") return null;
  const named = new RegExp(`\r\n${EGRESS_ERROR_HEADER}: *([A-Z_]+)`, "i").exec(head)?.[1];
  return named ?? CODE_BY_STATUS[status ?? ""] ?? "ECONNREFUSED";
}
