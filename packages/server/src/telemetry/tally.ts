/** Counts by a few labels. A label comes from our own code, never from a tenant, so there are only a handful of each. */
export class Tally {
  readonly #counts = new Map<string, number>();

  add(key: string, count = 1): void {
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + count);
  }

  entries(): Iterable<[key: string, count: number]> {
    return this.#counts.entries();
  }
}
