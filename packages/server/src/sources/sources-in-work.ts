import type { SourceNode } from "./source-parts.ts";

/** The sources that this process deploys, changes or deletes at the moment: nobody else needs to clean up after them. */
export class SourcesInWork {
  readonly #node: Pick<SourceNode, "fresh" | "keepAlive">;
  readonly #counts = new Map<string, number>();

  constructor(node: Pick<SourceNode, "fresh" | "keepAlive">) {
    this.#node = node;
    // Others take the sources of a silent node for abandoned.
    node.keepAlive(() => this.#counts.size > 0);
  }

  has(sourceId: string): boolean {
    return this.#counts.has(sourceId);
  }

  /** Runs `work` with the source marked. */
  async during<T>(sourceId: string, work: () => Promise<T>): Promise<T> {
    this.#counts.set(sourceId, (this.#counts.get(sourceId) ?? 0) + 1);
    try {
      await this.#node.fresh();
      return await work();
    } finally {
      const count = (this.#counts.get(sourceId) ?? 1) - 1;
      if (count > 0) this.#counts.set(sourceId, count);
      else this.#counts.delete(sourceId);
    }
  }
}
