import { createHash, hkdfSync, randomBytes } from "node:crypto";
import { join } from "node:path";
import { StartupError } from "../core/index.ts";
import { readOrCreatePrivateFile } from "./data-dir.ts";

const KEY_BYTES = 32;
const SHORTEST = 32;
const FEWEST_DIFFERENT = 8;
const KNOWN = /change|secret|password|example|default|millrace|insecure|0123456789|abcdef0123/i;

/** The instance's key. Whoever has it can open the account vault. */
export interface InstanceKey {
  key: Buffer;
  /** Tells keys apart without telling anything about them. */
  fingerprint: string;
}

/**
 * Third step of three: the instance's key, of MILLRACE_SECRET_KEY or of a file in the data directory (0600), which is
 * made at the first start.
 * @throws StartupError `config_invalid` for a key that is too weak (always when shorter than 16 characters; in
 *   production also when it is short, repetitive or looks like an example).
 */
export function loadSecretKey(config: {
  secretKey: string | null;
  dataDir: string;
  isProduction: boolean;
}): InstanceKey {
  const path = join(config.dataDir, "secret.key");
  const given = config.secretKey;
  if (given !== null) assertStrong(given, config);
  const text = given ?? readOrCreatePrivateFile(path, () => `${randomBytes(KEY_BYTES).toString("base64url")}\n`);
  if (given === null && text.length < SHORTEST) {
    throw new StartupError("config_invalid", `${path}: holds no key; restore it, or set MILLRACE_SECRET_KEY`);
  }
  const key = instanceKeyOf(text);
  return { key, fingerprint: createHash("sha256").update("fingerprint").update(key).digest("hex").slice(0, 16) };
}

/** The key that a secret text stands for. */
export function instanceKeyOf(text: string): Buffer {
  return Buffer.from(hkdfSync("sha256", text, "millrace", "instance key", KEY_BYTES));
}

function assertStrong(text: string, config: { isProduction: boolean }): void {
  const isTooShort = text.length < (config.isProduction ? SHORTEST : SHORTEST / 2);
  const isGuessable = new Set(text).size < FEWEST_DIFFERENT || KNOWN.test(text);
  if (!isTooShort && !(config.isProduction && isGuessable)) return;
  throw new StartupError(
    "config_invalid",
    `MILLRACE_SECRET_KEY: is too weak; use at least ${SHORTEST} random characters, e.g. of: openssl rand -base64 32`,
  );
}
