import type { EmitterChannel, EventRow, EventSummaries } from "./event-summaries.ts";

const PAGE = 100;
const RING_ROWS = 500;
const RING_CHARACTERS = 2_000_000;

/**
 * The newest events of one channel, read once for all who follow it. Whoever has fallen further behind than the ring
 * reaches pages from the log instead, so a slow follower costs no memory and misses nothing.
 */
export class EventTail {
  readonly of: EmitterChannel;
  followers = 0;
  /** Grows with each sign of news: whoever saw it grow need not wait. */
  version = 0;
  readonly #summaries: EventSummaries;
  #rows: EventRow[] = [];
  #characters = 0;
  /** All events after this one, up to the last of the ring, are in the ring. */
  #baseId = Number.POSITIVE_INFINITY;
  #reading: Promise<void> | null = null;
  #isStale = false;
  #waiters: (() => void)[] = [];

  constructor(of: EmitterChannel, summaries: EventSummaries) {
    this.of = of;
    this.#summaries = summaries;
  }

  /** Something may have been appended: reads on, unless that is being done already. */
  refresh(): void {
    if (this.#reading) {
      this.#isStale = true;
      return;
    }
    this.#isStale = false;
    this.#reading = this.#readOn()
      .catch(() => {})
      .finally(() => {
        this.#reading = null;
        if (this.#isStale) this.refresh();
      });
  }

  /** Up to a page of the events after one, oldest first; empty when there is none yet. */
  async after(eventId: number): Promise<EventRow[]> {
    if (eventId < this.#baseId) {
      const rows = await this.#summaries.following(this.of, { afterId: eventId, limit: PAGE });
      // At the end of the log: from here on the ring serves.
      if (rows.length < PAGE && this.#baseId === Number.POSITIVE_INFINITY) {
        this.#baseId = rows.at(-1)?.event_id ?? eventId;
        // What was appended since the query began is not in the ring yet.
        this.refresh();
      }
      return rows;
    }
    return this.#rows.filter((row) => row.event_id > eventId).slice(0, PAGE);
  }

  /** Resolves at the next sign of news, or when the signal is aborted. */
  news(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal.aborted) return resolve();
      const done = (): void => {
        signal.removeEventListener("abort", done);
        resolve();
      };
      signal.addEventListener("abort", done, { once: true });
      this.#waiters.push(done);
    });
  }

  async #readOn(): Promise<void> {
    if (this.#baseId < Number.POSITIVE_INFINITY) {
      const headId = this.#rows.at(-1)?.event_id ?? this.#baseId;
      const rows = await this.#summaries.following(this.of, { afterId: headId, limit: PAGE });
      for (const row of rows) this.#push(row);
      if (rows.length === PAGE) this.#isStale = true;
      if (rows.length === 0) return;
    }
    this.version++;
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const wake of waiters) wake();
  }

  #push(row: EventRow): void {
    this.#rows.push(row);
    this.#characters += row.payload.length;
    while (this.#rows.length > RING_ROWS || (this.#characters > RING_CHARACTERS && this.#rows.length > 1)) {
      const oldest = this.#rows.shift();
      if (!oldest) return;
      this.#baseId = oldest.event_id;
      this.#characters -= oldest.payload.length;
    }
  }
}
