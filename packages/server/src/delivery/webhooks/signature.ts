import { createHmac, randomBytes } from "node:crypto";

const KEY_PREFIX = "whsec_";
const KEY_BYTES = 24;

/** A new signing key, as Standard Webhooks writes it: `whsec_` and base64. */
export function newSigningKey(): string {
  return KEY_PREFIX + randomBytes(KEY_BYTES).toString("base64");
}

/** The headers by which a receiver verifies a message and recognises a repeated one. */
export function signatureHeaders(
  key: string,
  message: { id: string; body: string; nowMs: number },
): Record<string, string> {
  const timestamp = Math.floor(message.nowMs / 1000);
  const secret = Buffer.from(key.slice(KEY_PREFIX.length), "base64");
  const signature = createHmac("sha256", secret).update(`${message.id}.${timestamp}.${message.body}`).digest("base64");
  return {
    "webhook-id": message.id,
    "webhook-timestamp": String(timestamp),
    "webhook-signature": `v1,${signature}`,
  };
}
