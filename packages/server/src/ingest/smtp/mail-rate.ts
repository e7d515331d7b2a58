const WINDOW_MS = 60_000;
const MAX_WINDOWS = 10_000;

/** Counts mails by address, in fixed windows of a minute. */
export class MailRate {
  readonly #perMinute: number;
  readonly #windows = new Map<string, { endsAtMs: number; count: number }>();

  constructor(perMinute: number) {
    this.#perMinute = perMinute;
  }

  /** False when the address has had its share of this minute. */
  take(key: string, nowMs: number): boolean {
    const window = this.#windows.get(key);
    if (window && window.endsAtMs > nowMs) return ++window.count <= this.#perMinute;
    if (this.#windows.size >= MAX_WINDOWS) this.#forget(nowMs);
    this.#windows.set(key, { endsAtMs: nowMs + WINDOW_MS, count: 1 });
    return true;
  }

  #forget(nowMs: number): void {
    for (const [key, { endsAtMs }] of this.#windows) if (endsAtMs <= nowMs) this.#windows.delete(key);
  }
}
