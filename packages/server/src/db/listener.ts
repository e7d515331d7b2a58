import type pg from "pg";
import { discardClient, openClient, type ConnectionOptions } from "./connection.ts";

const CHANNEL = "millrace";
const RECONNECT_MIN_MS = 50;
const RECONNECT_MAX_MS = 2_000;
// A stopped or unplugged server says nothing: only asking shows it.
const PROBE_EVERY_MS = 30_000;

/**
 * What a listener hears. `message`: someone notified. `reread`: messages may have been missed (the connection was away,
 * or a payload was too large), so read the state again.
 */
export type Hint = { type: "message"; payload: unknown } | { type: "reread" };
export type HintHandler = (hint: Hint) => void;

interface Envelope {
  topic: string;
  payload: unknown;
  reread: boolean;
}

/** The notification text for a topic; too large payloads (the limit is 8,000 bytes) become a `reread`. */
export function encodeHint(topic: string, payload: unknown): string {
  const text = JSON.stringify({ topic, payload: payload ?? null });
  return Buffer.byteLength(text) < 7_900 ? text : JSON.stringify({ topic, reread: true });
}

function decodeHint(text: string | undefined): Envelope | null {
  try {
    const value: unknown = JSON.parse(text ?? "");
    if (typeof value !== "object" || value === null || !("topic" in value) || typeof value.topic !== "string")
      return null;
    return { topic: value.topic, payload: "payload" in value ? value.payload : null, reread: "reread" in value };
  } catch {
    return null;
  }
}

export interface ListenerOptions {
  connection: ConnectionOptions;
  onError(error: unknown): void;
}

/** One LISTEN connection for all topics of this process; it reconnects for ever until closed. */
export class Listener {
  readonly #options: ListenerOptions;
  readonly #handlers = new Map<string, Set<HintHandler>>();
  #client: pg.Client | null = null;
  #timer: NodeJS.Timeout | null = null;
  #retryMs = RECONNECT_MIN_MS;
  #closed = false;

  constructor(options: ListenerOptions) {
    this.#options = options;
  }

  /** Adds a handler for a topic. Returns its removal. */
  on(topic: string, handler: HintHandler): () => void {
    const handlers = this.#handlers.get(topic) ?? new Set();
    this.#handlers.set(topic, handlers);
    handlers.add(handler);
    return () => {
      handlers.delete(handler);
    };
  }

  /** Connects and listens. @throws the driver's error when the first connection fails. */
  async start(): Promise<void> {
    const client = await openClient({ ...this.#options.connection, applicationName: "millrace listen" });
    if (this.#closed) return discardClient(client);
    client.on("notification", (message) => this.#receive(message.payload));
    client.once("end", () => this.#lost(client));
    this.#client = client;
    try {
      await client.query(`listen ${CHANNEL}`);
    } catch (error) {
      this.#client = null;
      discardClient(client);
      throw error;
    }
    this.#retryMs = RECONNECT_MIN_MS;
    this.#schedule(PROBE_EVERY_MS, () => void this.#probe(client));
  }

  async close(): Promise<void> {
    this.#closed = true;
    if (this.#timer) clearTimeout(this.#timer);
    const client = this.#client;
    this.#client = null;
    if (client) discardClient(client);
  }

  #receive(text: string | undefined): void {
    const envelope = decodeHint(text);
    if (!envelope) return;
    this.#tell(envelope.topic, envelope.reread ? { type: "reread" } : { type: "message", payload: envelope.payload });
  }

  #tell(topic: string, hint: Hint): void {
    for (const handler of this.#handlers.get(topic) ?? []) {
      try {
        handler(hint);
      } catch (error) {
        this.#options.onError(error);
      }
    }
  }

  #schedule(delayMs: number, task: () => void): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = setTimeout(task, delayMs);
    this.#timer.unref();
  }

  async #probe(client: pg.Client): Promise<void> {
    try {
      await client.query("select 1");
      if (this.#client === client) this.#schedule(PROBE_EVERY_MS, () => void this.#probe(client));
    } catch {
      discardClient(client);
      this.#lost(client);
    }
  }

  #lost(client: pg.Client): void {
    if (this.#closed || this.#client !== client) return;
    this.#client = null;
    this.#schedule(this.#retryMs, () => void this.#reconnect());
  }

  async #reconnect(): Promise<void> {
    try {
      await this.start();
    } catch (error) {
      this.#options.onError(error);
      this.#retryMs = Math.min(this.#retryMs * 2, RECONNECT_MAX_MS);
      if (!this.#closed) this.#schedule(this.#retryMs, () => void this.#reconnect());
      return;
    }
    for (const topic of this.#handlers.keys()) this.#tell(topic, { type: "reread" });
  }
}
