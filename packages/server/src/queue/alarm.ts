export interface AlarmOptions {
  /** One round of work. Says when the next is due, at the latest (epoch ms). */
  round(): Promise<number>;
  onError?(error: unknown): void;
}

const RETRY_AFTER_ERROR_MS = 1_000;
const MAX_TIMER_MS = 2_000_000_000;

/**
 * Runs rounds of work when they are due, one at a time, and sleeps until the next known moment. A wake-up during a round
 * is not lost: another round follows. A round that fails is tried again after a second.
 */
export class Alarm {
  readonly #options: AlarmOptions;
  #timer: NodeJS.Timeout | null = null;
  #timerAtMs = Number.POSITIVE_INFINITY;
  #round: Promise<void> | null = null;
  /** Something came up while a round was under way. */
  #isDirty = false;
  #isRunning = false;

  constructor(options: AlarmOptions) {
    this.#options = options;
  }

  /** Begins with a round, so that what an earlier life left is found. */
  start(): void {
    this.#isRunning = true;
    this.wakeAt(Date.now());
  }

  async stop(): Promise<void> {
    this.#isRunning = false;
    this.#clear();
    await this.#round;
  }

  /** A round is due then, if not earlier. */
  wakeAt(atMs: number): void {
    if (!this.#isRunning || atMs >= this.#timerAtMs) return;
    this.#clear();
    this.#timerAtMs = atMs;
    this.#timer = setTimeout(() => this.#ring(), Math.min(Math.max(0, atMs - Date.now()), MAX_TIMER_MS)).unref();
  }

  /** The round under way may have missed something: another one follows it. */
  repeat(): void {
    if (this.#round) this.#isDirty = true;
  }

  #clear(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    this.#timerAtMs = Number.POSITIVE_INFINITY;
  }

  #ring(): void {
    this.#clear();
    if (this.#round) {
      this.#isDirty = true;
      return;
    }
    this.#round = this.#runRound().finally(() => {
      this.#round = null;
      if (this.#isDirty) this.wakeAt(Date.now());
      this.#isDirty = false;
    });
  }

  async #runRound(): Promise<void> {
    try {
      this.wakeAt(await this.#options.round());
    } catch (error) {
      this.#options.onError?.(error);
      this.wakeAt(Date.now() + RETRY_AFTER_ERROR_MS);
    }
  }
}
