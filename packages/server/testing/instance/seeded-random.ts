import { randomInt } from "node:crypto";

/** Numbers that a seed repeats: print the seed, replay with MILLRACE_TEST_SEED. */
export class SeededRandom {
  readonly seed: number;
  private state: number;

  constructor(seed = Number(process.env["MILLRACE_TEST_SEED"] ?? randomInt(2 ** 31))) {
    this.seed = seed;
    this.state = seed;
  }

  /** Uniform in [0, 1). */
  next(): number {
    this.state = (this.state + 0x6d_2b_79_f5) | 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** Uniform in [min, max). */
  between(min: number, max: number): number {
    return min + this.next() * (max - min);
  }
}
