import type { IncomingMessage } from "node:http";

export type BodyRead = { readonly kind: "bytes"; readonly bytes: Buffer } | { readonly kind: "too_large" | "aborted" };

const EMPTY: BodyRead = { kind: "bytes", bytes: Buffer.alloc(0) };

/** Whether a request announces no body, so that there is nothing to wait for. */
export function hasNoBody(request: IncomingMessage): boolean {
  const { "content-length": length, "transfer-encoding": encoding } = request.headers;
  return encoding === undefined && (length === undefined || length === "0");
}

/** Reads a whole body of at most `limitBytes`; stops at the first byte too many. */
export function readBody(request: IncomingMessage, limitBytes: number): BodyRead | Promise<BodyRead> {
  if (hasNoBody(request)) return EMPTY;
  if (Number(request.headers["content-length"] ?? 0) > limitBytes) return { kind: "too_large" };
  return collect(request, limitBytes);
}

function collect(request: IncomingMessage, limitBytes: number): Promise<BodyRead> {
  const { promise, resolve } = Promise.withResolvers<BodyRead>();
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  request.on("data", (chunk: Buffer) => {
    sizeBytes += chunk.length;
    if (sizeBytes > limitBytes) {
      chunks.length = 0;
      resolve({ kind: "too_large" });
    } else chunks.push(chunk);
  });
  request.on("end", () => {
    const [only] = chunks;
    resolve({ kind: "bytes", bytes: chunks.length === 1 && only ? only : Buffer.concat(chunks) });
  });
  request.on("close", () => resolve({ kind: "aborted" }));
  return promise;
}
