import { randomBytes } from "node:crypto";
import { idPrefixes, type IdKind } from "@millrace/contract";

const BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const ID_LENGTH = 10;
const KSUID_EPOCH_SECONDS = 1_400_000_000;
const KSUID_LENGTH = 27;

/** Random base62 text from a CSPRNG, without modulo bias. */
export function randomBase62(length: number): string {
  let text = "";
  while (text.length < length) {
    for (const byte of randomBytes(length + 8)) {
      if (byte < 248 && text.length < length) text += BASE62[byte % 62];
    }
  }
  return text;
}

/** A new id of a kind, e.g. `dc_4fGh12KlmN`. */
export function newId(kind: IdKind): string {
  return idPrefixes[kind] + randomBase62(ID_LENGTH);
}

/** A new KSUID: 27 base62 characters that sort by their second. */
export function newKsuid(nowMs: number): string {
  const bytes = randomBytes(20);
  bytes.writeUInt32BE(Math.floor(nowMs / 1000) - KSUID_EPOCH_SECONDS, 0);
  let number = BigInt(`0x${bytes.toString("hex")}`);
  let text = "";
  for (let i = 0; i < KSUID_LENGTH; i++) {
    text = BASE62[Number(number % 62n)] + text;
    number /= 62n;
  }
  return text;
}
