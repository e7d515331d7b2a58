import { createHmac, timingSafeEqual } from "node:crypto";
import { nameOf } from "./file-path.ts";
import type { FileOf } from "./file-rows.ts";

export const STORED_FILES_PATH = "/v1/files/stored/";
const TTL_SECONDS = 30 * 60;

export interface FileLinksOptions {
  publicUrl: string;
  /** Secret that signs the links. */
  signingKey: Buffer;
}

/** Links to stored files that work for 30 minutes, for whoever has them. */
export class FileLinks {
  readonly #options: FileLinksOptions;

  constructor(options: FileLinksOptions) {
    this.#options = options;
  }

  linkTo(file: FileOf, nowMs: number): string {
    const expiresAt = Math.ceil(nowMs / 1000) + TTL_SECONDS;
    const claims = JSON.stringify([file.orgId, file.projectId, file.path, expiresAt]);
    const token = Buffer.from(claims).toString("base64url");
    const name = encodeURIComponent(nameOf(file.path));
    return `${this.#options.publicUrl}${STORED_FILES_PATH}${token}.${this.#signature(token)}/${name}`;
  }

  /** The file that a link's path names; null when the link is forged or has expired. */
  read(path: string, nowMs: number): FileOf | null {
    const [part = ""] = path.slice(STORED_FILES_PATH.length).split(/[/?]/, 1);
    const [token = "", signature = ""] = part.split(".");
    const given = Buffer.from(signature);
    const expected = Buffer.from(this.#signature(token));
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return null;
    const claims = JSON.parse(Buffer.from(token, "base64url").toString("utf8")) as [
      string,
      string | null,
      string,
      number,
    ];
    const [orgId, projectId, filePath, expiresAt] = claims;
    return expiresAt * 1000 < nowMs ? null : { orgId, projectId, path: filePath };
  }

  #signature(token: string): string {
    return createHmac("sha256", this.#options.signingKey).update(token).digest("base64url");
  }
}
