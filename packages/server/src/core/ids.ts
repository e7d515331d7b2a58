import { randomBytes, randomFillSync } from "node:crypto";
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
  const words = [
    Math.floor(nowMs / 1000) - KSUID_EPOCH_SECONDS,
    randomWord(),
    randomWord(),
    randomWord(),
    randomWord(),
  ];
  let text = "";
  for (let digit = 0; digit < KSUID_LENGTH; digit++) text = BASE62[divideBy62(words)] + text;
  return text;
}

/** Divides a number given in words of 32 bits, the highest first. @returns the remainder */
function divideBy62(words: number[]): number {
  let remainder = 0;
  for (let index = 0; index < words.length; index++) {
    const value = remainder * 2 ** 32 + (words[index] ?? 0);
    words[index] = Math.floor(value / 62);
    remainder = value % 62;
  }
  return remainder;
}

/** Each event takes several ids; asking the system for every one cost more than all the rest of them. */
const randomWords = new Uint32Array(1024);
let usedWords = randomWords.length;

function randomWord(): number {
  if (usedWords === randomWords.length) {
    randomFillSync(randomWords);
    usedWords = 0;
  }
  return randomWords[usedWords++] ?? 0;
}
