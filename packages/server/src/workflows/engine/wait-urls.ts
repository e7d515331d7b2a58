import { createHmac, timingSafeEqual } from "node:crypto";

export type WaitPurpose = "resume" | "cancel";

/** Which wait of which run a URL is for. */
export interface WaitTarget {
  readonly orgId: string;
  readonly workflowId: string;
  readonly runId: string;
  /** `Wait.id` */
  readonly wait: string;
}

/**
 * The URLs that resume or cancel a run. They are signed rather than stored, so that each step can have its own before it
 * is known whether it will pause; only a call leaves something behind.
 */
export class WaitUrls {
  readonly #publicUrl: string;
  readonly #signingKey: Uint8Array;

  constructor(options: { publicUrl: string; signingKey: Uint8Array }) {
    this.#publicUrl = options.publicUrl;
    this.#signingKey = options.signingKey;
  }

  urlsOf(
    run: { orgId: string; workflowId: string; runId: string },
    wait: string,
  ): { resumeUrl: string; cancelUrl: string } {
    const content = [run.orgId, run.workflowId, run.runId, wait].join(" ");
    const target = Buffer.from(content, "utf8").toString("base64url");
    const urlFor = (purpose: WaitPurpose): string =>
      `${this.#publicUrl}/v1/${purpose}/${target}.${this.#sign(purpose, target).toString("base64url")}`;
    return { resumeUrl: urlFor("resume"), cancelUrl: urlFor("cancel") };
  }

  /** What a token is for; null when it was not issued here. */
  read(purpose: WaitPurpose, token: string): WaitTarget | null {
    const [target = "", signature = ""] = token.split(".");
    const given = Buffer.from(signature, "base64url");
    const expected = this.#sign(purpose, target);
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return null;
    const [orgId, workflowId, runId, wait] = Buffer.from(target, "base64url").toString("utf8").split(" ");
    if (!orgId || !workflowId || !runId || !wait) return null;
    return { orgId, workflowId, runId, wait };
  }

  #sign(purpose: WaitPurpose, target: string): Buffer {
    return createHmac("sha256", this.#signingKey).update(`${purpose} ${target}`).digest();
  }
}
