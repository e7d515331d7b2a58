import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";

const VERSION = "v1.";
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** A sealed text that cannot be opened: another key or purpose, or it was changed. */
export class SealError extends Error {
  override name = "SealError";
  readonly code = "seal_broken";
}

/** Encrypts with AES-256-GCM. `boundTo` is authenticated, not stored: opening needs the same words. */
export function sealBytes(key: Uint8Array, plain: Uint8Array, boundTo: string): string {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv("aes-256-gcm", key, iv, { authTagLength: TAG_BYTES });
  cipher.setAAD(Buffer.from(boundTo, "utf8"));
  const encrypted = Buffer.concat([cipher.update(plain), cipher.final()]);
  return VERSION + Buffer.concat([iv, cipher.getAuthTag(), encrypted]).toString("base64url");
}

/** Opens what `sealBytes` made. @throws SealError */
export function openBytes(key: Uint8Array, sealed: string, boundTo: string): Buffer {
  const bytes = Buffer.from(sealed.slice(VERSION.length), "base64url");
  if (!sealed.startsWith(VERSION) || bytes.length < IV_BYTES + TAG_BYTES) throw new SealError("Not a sealed text");
  const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(boundTo, "utf8"));
  decipher.setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
  try {
    return Buffer.concat([decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]);
  } catch (error) {
    throw new SealError("The sealed text does not open", { cause: error });
  }
}
