import { creditsOf } from "../../core/index.ts";

/** A piece of a workflow that is paid for by itself: what surrounds all blocks, a branch, the inside of a loop. */
export interface BilledPart {
  readonly parent: BilledPart | null;
}

/**
 * Measures what a segment computes. Each part that runs code is rounded up by itself, and so is what comes after the
 * block that it stands in.
 */
export class ComputeMeter {
  readonly #open = new Map<BilledPart, { computeMs: number }>();
  readonly #stretches: { computeMs: number }[] = [];

  /** Code has run in a part. */
  ran(part: BilledPart, computeMs: number): void {
    let stretch = this.#open.get(part);
    if (!stretch) {
      stretch = { computeMs: 0 };
      this.#open.set(part, stretch);
      this.#stretches.push(stretch);
      for (let outer = part.parent; outer; outer = outer.parent) this.#open.delete(outer);
    }
    stretch.computeMs += computeMs;
  }

  get computeMs(): number {
    return this.#stretches.reduce((sum, stretch) => sum + stretch.computeMs, 0);
  }

  /** A segment in which no code ran is one, too. */
  credits(memoryMb: number): number {
    const all = this.#stretches.length === 0 ? [{ computeMs: 0 }] : this.#stretches;
    return all.reduce((sum, { computeMs }) => sum + creditsOf({ computeMs, memoryMb }), 0);
  }
}
