import { createHash } from "node:crypto";

/** One checksum over all entries of an archive, in their order, made while they pass. */
export class ArchiveDigest {
  readonly #hash = createHash("sha256");
  #entries = 0;

  begin(name: string, sizeBytes: number): void {
    this.#entries += 1;
    this.#hash.update(`${name}\0${sizeBytes}\0`);
  }

  add(bytes: Uint8Array): void {
    this.#hash.update(bytes);
  }

  end(): { entries: number; sha256: string } {
    return { entries: this.#entries, sha256: this.#hash.digest("hex") };
  }
}
