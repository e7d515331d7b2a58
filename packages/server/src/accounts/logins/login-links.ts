import { createHmac, timingSafeEqual } from "node:crypto";
import { derivedKey } from "../secret-hash.ts";

/** Sets the instance's first password, or a new one in place of a forgotten one. */
export type LinkPurpose = "setup" | "reset";

export interface LoginLink {
  purpose: LinkPurpose;
  userId: string;
  /** Null: until it is used. */
  expiresAtMs: number | null;
}

/**
 * One-time tokens by which a user sets a password without knowing the former one. Nothing of them is stored: a token is
 * bound to the password that it replaces, so the first use ends it, and every node makes and reads the same ones.
 */
export class LoginLinks {
  readonly #key: Buffer;

  constructor(options: { secretKey: Uint8Array }) {
    this.#key = derivedKey(options.secretKey, "login links v1");
  }

  make(link: LoginLink, passwordHash: string | null): string {
    const payload = Buffer.from(JSON.stringify([link.purpose, link.userId, link.expiresAtMs])).toString("base64url");
    return `${payload}.${this.#mac(payload, passwordHash)}`;
  }

  /** What a token says of itself: nothing to rely on before `isGood`. Null: it is no token. */
  read(token: string): LoginLink | null {
    try {
      const parts: unknown = JSON.parse(Buffer.from(token.split(".")[0] ?? "", "base64url").toString("utf8"));
      if (!Array.isArray(parts)) return null;
      const [purpose, userId, expiresAtMs] = parts as unknown[];
      if ((purpose !== "setup" && purpose !== "reset") || typeof userId !== "string") return null;
      return { purpose, userId, expiresAtMs: typeof expiresAtMs === "number" ? expiresAtMs : null };
    } catch {
      return null;
    }
  }

  /** Whether we made it, for the password that its user still has. */
  isGood(token: string, passwordHash: string | null): boolean {
    const [payload = "", mac = ""] = token.split(".");
    const [expected, given] = [Buffer.from(this.#mac(payload, passwordHash)), Buffer.from(mac)];
    return expected.length === given.length && timingSafeEqual(expected, given);
  }

  #mac(payload: string, passwordHash: string | null): string {
    return createHmac("sha256", this.#key)
      .update(JSON.stringify([payload, passwordHash]))
      .digest("base64url");
  }
}
