import type { Database, Hint } from "../../db/index.ts";

export interface MirrorOptions {
  db: Database;
  topic: string;
  /** The state is read again at least this often, hints or not. */
  pollMs: number;
  reload(): Promise<void>;
  /** Takes over what a hint says; false when only reading the state again can tell. */
  hear(payload: unknown): boolean;
  onError(error: unknown): void;
}

/**
 * Keeps a part of the database in memory: read at the start, after hints from any node, after each reconnect of the
 * listening connection, and from time to time. A failed read leaves what was known.
 */
export class Mirror {
  readonly #options: MirrorOptions;
  #running: Promise<void> | null = null;
  /** Something changed while it was being read. */
  #isStale = false;
  #unlisten: (() => void) | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: MirrorOptions) {
    this.#options = options;
  }

  /** Resolves when the state has been read once. @throws ApiError `unavailable` */
  async start(): Promise<void> {
    const { db, topic, pollMs } = this.#options;
    this.#unlisten ??= db.listen(topic, (hint) => this.#hear(hint));
    this.#timer ??= setInterval(() => this.#refreshQuietly(), pollMs).unref();
    await this.refresh();
  }

  async stop(): Promise<void> {
    this.#unlisten?.();
    this.#unlisten = undefined;
    clearInterval(this.#timer);
    this.#timer = undefined;
    await this.#running?.catch(() => {});
  }

  /** Reads the state; callers during a read wait for one that began after they asked. */
  async refresh(): Promise<void> {
    if (this.#running) {
      this.#isStale = true;
      return this.#running;
    }
    this.#running = this.#read();
    return this.#running;
  }

  async #read(): Promise<void> {
    try {
      do {
        this.#isStale = false;
        await this.#options.reload();
      } while (this.#isStale);
    } finally {
      // At once, not when the promise settles: whoever asks in between must not get the read that is over.
      this.#running = null;
    }
  }

  #hear(hint: Hint): void {
    const isTaken = hint.type === "message" && this.#options.hear(hint.payload);
    if (!isTaken || this.#running) this.#refreshQuietly();
  }

  #refreshQuietly(): void {
    this.refresh().catch(this.#options.onError);
  }
}
