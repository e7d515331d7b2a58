import type { Database } from "../db/index.ts";
import type { AppendedEvent } from "./commit-unit.ts";
import type { EmitterChannel, EventRow, EventSummaries } from "./event-summaries.ts";
import { EventTail } from "./event-tail.ts";

const WATCH_TOPIC = "stream_watch";
const NEWS_TOPIC = "stream_news";
/** How long other nodes remember that someone here follows a channel; told anew at a third of it. */
const WATCH_MS = 60_000;
/** Tails read on at this pace even when every hint is lost. */
const FLOOR_MS = 5_000;
const NEWS_PAUSE_MS = 20;

export interface EventStreamsOptions {
  db: Database;
  summaries: EventSummaries;
  nodeId: string;
}

/**
 * Lets any number of clients follow channels. Each follower holds its own position and pages from it, so hints may come
 * late, twice or never. Nodes tell each other what they follow: what nobody follows costs nothing.
 */
export class EventStreams {
  readonly #options: EventStreamsOptions;
  readonly #tails = new Map<string, EventTail>();
  /** Channels followed on other nodes, until when. */
  readonly #watchedElsewhere = new Map<string, number>();
  readonly #newsToSend = new Set<string>();
  #newsTimer: NodeJS.Timeout | null = null;
  #floorTimer: NodeJS.Timeout | null = null;
  #watchTimer: NodeJS.Timeout | null = null;
  readonly #unlisten: (() => void)[] = [];

  constructor(options: EventStreamsOptions) {
    this.#options = options;
  }

  start(): void {
    const { db, nodeId } = this.#options;
    this.#unlisten.push(
      db.listen(WATCH_TOPIC, (hint) => {
        const watch = hint.type === "message" ? (hint.payload as { nodeId: string; keys: string[] }) : null;
        if (!watch || watch.nodeId === nodeId) return;
        for (const key of watch.keys) this.#watchedElsewhere.set(key, Date.now() + WATCH_MS);
      }),
      db.listen(NEWS_TOPIC, (hint) => {
        const keys = hint.type === "message" ? (hint.payload as string[]) : [...this.#tails.keys()];
        for (const key of keys) this.#tails.get(key)?.refresh();
      }),
    );
  }

  stop(): void {
    for (const unlisten of this.#unlisten.splice(0)) unlisten();
    for (const timer of [this.#newsTimer, this.#floorTimer, this.#watchTimer]) if (timer) clearTimeout(timer);
  }

  /** Told by the event log after each commit. */
  onAppended(events: readonly AppendedEvent[]): void {
    if (this.#tails.size === 0 && this.#watchedElsewhere.size === 0) return;
    const nowMs = Date.now();
    for (const key of new Set(events.map(keyOf))) {
      this.#tails.get(key)?.refresh();
      const watchedUntilMs = this.#watchedElsewhere.get(key);
      if (watchedUntilMs === undefined) continue;
      if (watchedUntilMs > nowMs) this.#sendNews(key);
      else this.#watchedElsewhere.delete(key);
    }
  }

  /** Where a follower that wants only news begins. @throws ApiError `unavailable` */
  position(of: EmitterChannel): Promise<number> {
    return this.#options.summaries.head(of);
  }

  /** The events of a channel after a position, page by page and without a gap, until the signal is aborted. */
  async *follow(
    of: EmitterChannel,
    { afterId, signal }: { afterId: number; signal: AbortSignal },
  ): AsyncGenerator<EventRow[]> {
    const tail = this.#open(of);
    try {
      let position = afterId;
      while (!signal.aborted) {
        const { version } = tail;
        const rows = await tail.after(position);
        const last = rows.at(-1);
        if (last) {
          yield rows;
          position = last.event_id;
        } else if (tail.version === version) {
          await tail.news(signal);
        }
      }
    } finally {
      this.#close(tail);
    }
  }

  #open(of: EmitterChannel): EventTail {
    const key = keyOf(of);
    let tail = this.#tails.get(key);
    if (!tail) {
      tail = new EventTail(of, this.#options.summaries);
      this.#tails.set(key, tail);
      this.#watch([key]);
    }
    tail.followers++;
    this.#floorTimer ??= setInterval(() => this.#refreshAll(), FLOOR_MS).unref();
    this.#watchTimer ??= setInterval(() => this.#watch([...this.#tails.keys()]), WATCH_MS / 3).unref();
    return tail;
  }

  #close(tail: EventTail): void {
    if (--tail.followers > 0) return;
    this.#tails.delete(keyOf(tail.of));
    if (this.#tails.size > 0) return;
    for (const timer of [this.#floorTimer, this.#watchTimer]) if (timer) clearInterval(timer);
    this.#floorTimer = null;
    this.#watchTimer = null;
  }

  #refreshAll(): void {
    for (const tail of this.#tails.values()) tail.refresh();
  }

  #watch(keys: string[]): void {
    const { db, nodeId } = this.#options;
    for (let from = 0; from < keys.length; from += 50) {
      // Only a hint: the floor makes up for a lost one.
      db.notify(WATCH_TOPIC, { nodeId, keys: keys.slice(from, from + 50) }).catch(() => {});
    }
  }

  #sendNews(key: string): void {
    this.#newsToSend.add(key);
    this.#newsTimer ??= setTimeout(() => {
      this.#newsTimer = null;
      const keys = [...this.#newsToSend];
      this.#newsToSend.clear();
      for (let from = 0; from < keys.length; from += 50) {
        this.#options.db.notify(NEWS_TOPIC, keys.slice(from, from + 50)).catch(() => {});
      }
    }, NEWS_PAUSE_MS).unref();
  }
}

function keyOf({ orgId, emitterId, channel }: EmitterChannel): string {
  return `${orgId} ${emitterId} ${channel}`;
}
