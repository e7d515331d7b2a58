/** The sources that this process deploys, changes or deletes at the moment: nobody else needs to clean up after them. */
export class SourcesInWork {
  readonly #counts = new Map<string, number>();

  get ids(): string[] {
    return [...this.#counts.keys()];
  }

  /** Runs `work` with the source marked. */
  async during<T>(sourceId: string, work: () => Promise<T>): Promise<T> {
    this.#counts.set(sourceId, (this.#counts.get(sourceId) ?? 0) + 1);
    try {
      return await work();
    } finally {
      const count = (this.#counts.get(sourceId) ?? 1) - 1;
      if (count > 0) this.#counts.set(sourceId, count);
      else this.#counts.delete(sourceId);
    }
  }
}
