import { argon2, randomBytes, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";
import { ApiError, type ErrorDetail } from "../../core/index.ts";

const hash = promisify(argon2);

// OWASP's smallest recommended cost for argon2id: 19 MiB, two passes, one lane; about 25 ms on the machine it was set on.
const MEMORY_KIB = 19_456;
const PASSES = 2;
const LANES = 1;
const TAG_BYTES = 32;
const SALT_BYTES = 16;
const PHC = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;

export const SHORTEST_PASSWORD = 10;
export const LONGEST_PASSWORD = 256;
const FEWEST_DIFFERENT = 5;
const GUESSED_FIRST =
  /^(?:(?:password|passw0rd|qwerty(?:uiop)?|letmein|welcome|admin|millrace|iloveyou|abc|asdf)+[\W\d_]*)$/i;

// Hashing runs on the thread pool that files and DNS share, so most of it is left to them.
const HASHING_AT_ONCE = 2;
const LONGEST_QUEUE = 100;

interface Cost {
  memory: number;
  passes: number;
  parallelism: number;
}

const COST: Cost = { memory: MEMORY_KIB, passes: PASSES, parallelism: LANES };

/** What is wrong with a new password. `known`: what an attacker tries first, such as the user's own email. */
export function passwordProblems(password: string, options: { path: string; known: readonly string[] }): ErrorDetail[] {
  const { path } = options;
  const text = password.normalize("NFKC");
  if (text.length < SHORTEST_PASSWORD) return [{ path, message: `must have at least ${SHORTEST_PASSWORD} characters` }];
  if (text.length > LONGEST_PASSWORD) return [{ path, message: `must have at most ${LONGEST_PASSWORD} characters` }];
  if (new Set(text).size < FEWEST_DIFFERENT) return [{ path, message: "repeats itself too much" }];
  const lower = text.toLowerCase();
  const isGuessable =
    GUESSED_FIRST.test(text) || isSequence(lower) || options.known.some((word) => isMostly(lower, word));
  return isGuessable ? [{ path, message: "is too easy to guess" }] : [];
}

/** Each character is the one after (or before) its neighbour: 0123456789, abcdefghij. */
function isSequence(text: string): boolean {
  const codes = Array.from({ length: text.length }, (_, index) => text.charCodeAt(index));
  const steps = new Set(codes.slice(1).map((code, index) => code - (codes[index] ?? 0)));
  return steps.size === 1 || /^(?:1234567890|0987654321)+$/.test(text);
}

function isMostly(text: string, word: string): boolean {
  const known = word.toLowerCase();
  return known.length >= 3 && text.includes(known) && text.length - known.length < SHORTEST_PASSWORD / 2;
}

/** Hashes and checks passwords with argon2id, away from the event loop and a few at a time. */
export class Passwords {
  #running = 0;
  readonly #waiting: (() => void)[] = [];
  #decoy: Promise<string> | null = null;

  /** The hash to keep, in PHC form. @throws ApiError 503 when too many are waiting */
  hash(password: string): Promise<string> {
    return this.#inTurn(async () => {
      const salt = randomBytes(SALT_BYTES);
      const tag = await tagOf(password, { salt, cost: COST });
      return `$argon2id$v=19$m=${MEMORY_KIB},t=${PASSES},p=${LANES}$${base64(salt)}$${base64(tag)}`;
    });
  }

  /**
   * Whether a password is the one of a kept hash. Without a hash it takes the same time and is never right, so that
   * nobody learns which accounts exist.
   * @throws ApiError 503 when too many are waiting
   */
  async verify(password: string, kept: string | null): Promise<boolean> {
    this.#decoy ??= this.hash(randomBytes(SALT_BYTES).toString("hex"));
    const match = PHC.exec(kept ?? (await this.#decoy));
    if (!match) throw new Error("A stored password hash is not in PHC form");
    const [, memory, passes, parallelism, salt = "", tag = ""] = match;
    const cost = { memory: Number(memory), passes: Number(passes), parallelism: Number(parallelism) };
    const expected = Buffer.from(tag, "base64");
    return this.#inTurn(async () => {
      const actual = await tagOf(password, { salt: Buffer.from(salt, "base64"), cost, bytes: expected.length });
      return timingSafeEqual(actual, expected) && kept !== null;
    });
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= HASHING_AT_ONCE) await this.#turn();
    else this.#running += 1;
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#running -= 1;
    }
  }

  #turn(): Promise<void> {
    if (this.#waiting.length >= LONGEST_QUEUE) {
      throw new ApiError("unavailable", "Too many people are logging in at once", { retryAfterSeconds: 5 });
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}

function tagOf(password: string, { salt, cost, bytes }: { salt: Buffer; cost: Cost; bytes?: number }): Promise<Buffer> {
  const message = password.normalize("NFKC");
  return hash("argon2id", { ...cost, message, nonce: salt, tagLength: bytes ?? TAG_BYTES });
}

/** PHC strings hold base64 without padding. */
function base64(bytes: Buffer): string {
  return bytes.toString("base64").replace(/=+$/, "");
}
