/** How well something answers. */
interface Scored {
  readonly score: number;
  readonly key: string;
}

/** Keeps the best so many of what it is offered, without sorting the rest. */
export class BestHits<Hit extends Scored> {
  readonly #limit: number;
  readonly #hits: Hit[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Best first; equal ones by key. */
  get hits(): readonly Hit[] {
    return this.#hits;
  }

  /** Whether something with this score would be kept: making it is spared otherwise. */
  wants(score: number): boolean {
    return this.#hits.length < this.#limit || score >= (this.#hits.at(-1)?.score ?? 0);
  }

  add(hit: Hit): void {
    const place = this.#hits.findIndex((held) => isBetter(hit, held));
    this.#hits.splice(place === -1 ? this.#hits.length : place, 0, hit);
    if (this.#hits.length > this.#limit) this.#hits.pop();
  }
}

function isBetter(a: Scored, b: Scored): boolean {
  return a.score > b.score || (a.score === b.score && a.key < b.key);
}
