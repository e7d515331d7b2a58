import { ApiError } from "../../core/index.ts";

interface FailureWindow {
  count: number;
  readonly endsAtMs: number;
}

const WINDOW_MS = 60_000;
const FAILURES_PER_WINDOW = 10;
const MAX_WINDOWS = 10_000;

/** Slows down who guesses secrets, per node: after ten failures within a minute, the rest of that minute is refused. */
export class FailureThrottle {
  readonly #windows = new Map<string, FailureWindow>();

  /** @throws ApiError 429 with the seconds to wait */
  assertOpen(key: string, nowMs: number): void {
    const window = this.#windows.get(key);
    if (!window || window.endsAtMs <= nowMs || window.count < FAILURES_PER_WINDOW) return;
    throw new ApiError("rate_limited", "Too many wrong secrets; wait before the next attempt", {
      retryAfterSeconds: (window.endsAtMs - nowMs) / 1000,
    });
  }

  noteFailure(key: string, nowMs: number): void {
    const window = this.#windows.get(key);
    if (window && window.endsAtMs > nowMs) {
      window.count += 1;
      return;
    }
    // Deleted first, so that the oldest window is the first of the map.
    this.#windows.delete(key);
    const [oldest] = this.#windows.keys();
    if (this.#windows.size >= MAX_WINDOWS && oldest !== undefined) this.#windows.delete(oldest);
    this.#windows.set(key, { count: 1, endsAtMs: nowMs + WINDOW_MS });
  }
}
