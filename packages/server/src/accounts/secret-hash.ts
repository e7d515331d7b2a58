import { createHash, hkdfSync } from "node:crypto";

/** What we keep of a key or token that only its owner may know: SHA-256, hex. Our secrets are random, so no salt. */
export function secretHash(secret: string): string {
  return createHash("sha256").update(secret, "utf8").digest("hex");
}

/** A 256-bit key of one purpose, derived from the instance's secret. */
export function derivedKey(secretKey: Uint8Array, purpose: string): Buffer {
  return Buffer.from(hkdfSync("sha256", secretKey, "", `millrace ${purpose}`, 32));
}
