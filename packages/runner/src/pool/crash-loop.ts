const FREE_CRASHES = 2;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;

/** Keeps a deployment that keeps dying from using up the machine: pauses of 1, 2, 4 … 60 s after the first crashes in a row. */
export class CrashLoop {
  #crashes = 0;
  #pausedUntilMs = 0;

  /** @param nowMs of a monotonic clock, as in `pauseLeftMs`. */
  recordCrash(nowMs: number): void {
    this.#crashes++;
    if (this.#crashes <= FREE_CRASHES) return;
    const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** (this.#crashes - FREE_CRASHES - 1), LONGEST_PAUSE_MS);
    this.#pausedUntilMs = nowMs + pauseMs;
  }

  recordSuccess(): void {
    this.#crashes = 0;
    this.#pausedUntilMs = 0;
  }

  pauseLeftMs(nowMs: number): number {
    return Math.max(0, this.#pausedUntilMs - nowMs);
  }
}
