/** Something that is done again and again, e.g. daily. */
export interface Chore {
  name: string;
  everyMs: number;
  run(nowMs: number): Promise<unknown>;
}

export interface HousekeepingOptions {
  chores: readonly Chore[];
  onError(failure: { name: string; error: unknown }): void;
}

const MAX_TIMER_MS = 2_000_000_000;
const RETRY_AFTER_MS = 60_000;

/** Does each chore at its pace, one at a time; one that failed is tried again after a minute. */
export class Housekeeping {
  readonly #options: HousekeepingOptions;
  readonly #dueAtMs = new Map<string, number>();
  #timer: NodeJS.Timeout | null = null;
  #round: Promise<void> | null = null;
  #isRunning = false;

  constructor(options: HousekeepingOptions) {
    this.#options = options;
  }

  /** The first round comes one period after the start: starting has prepared everything. */
  start(): void {
    this.#isRunning = true;
    for (const { name, everyMs } of this.#options.chores) this.#dueAtMs.set(name, Date.now() + everyMs);
    this.#schedule();
  }

  async stop(): Promise<void> {
    this.#isRunning = false;
    if (this.#timer) clearTimeout(this.#timer);
    await this.#round;
  }

  /** Does what is due. */
  async tick(nowMs: number): Promise<void> {
    for (const chore of this.#options.chores) {
      if ((this.#dueAtMs.get(chore.name) ?? 0) > nowMs) continue;
      try {
        await chore.run(nowMs);
        this.#dueAtMs.set(chore.name, nowMs + chore.everyMs);
      } catch (error) {
        this.#options.onError({ name: chore.name, error });
        this.#dueAtMs.set(chore.name, nowMs + Math.min(RETRY_AFTER_MS, chore.everyMs));
      }
    }
  }

  #schedule(): void {
    if (!this.#isRunning || this.#dueAtMs.size === 0) return;
    const delayMs = Math.max(0, Math.min(...this.#dueAtMs.values()) - Date.now());
    this.#timer = setTimeout(() => this.#run(), Math.min(delayMs, MAX_TIMER_MS)).unref();
  }

  #run(): void {
    this.#round = this.tick(Date.now()).finally(() => {
      this.#round = null;
      this.#schedule();
    });
  }
}
