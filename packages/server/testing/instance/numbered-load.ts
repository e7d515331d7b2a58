import { setTimeout as delay } from "node:timers/promises";

const REQUEST_TIMEOUT_MS = 60_000;
const PAUSE_AFTER_FAILURE_MS = 20;

/** Senders in a closed loop. They number their requests and remember which ones the server has answered with 2xx. */
export class NumberedLoad {
  readonly acknowledged = new Set<number>();
  /** How often each status came back; 0 stands for no answer. */
  readonly statuses = new Map<number, number>();
  private readonly url: string;
  private readonly pauseMs: number;
  private readonly stopping = new AbortController();
  private readonly waiters = new Set<() => void>();
  private senders: Promise<unknown> = Promise.resolve();
  private next = 1;

  /** `pauseMs` is how long a sender rests after each answer. */
  constructor(options: { url: string; pauseMs: number }) {
    this.url = options.url;
    this.pauseMs = options.pauseMs;
  }

  start(senderCount: number): void {
    this.senders = Promise.all(Array.from({ length: senderCount }, () => this.sendUntilStopped()));
  }

  /** Ends after the answers that are under way. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.senders;
  }

  countOf(status: number): number {
    return this.statuses.get(status) ?? 0;
  }

  /** Waits until the senders have seen `count` more answers with `status`. */
  async waitForMore(status: number, count = 1): Promise<void> {
    const target = this.countOf(status) + count;
    while (this.countOf(status) < target) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.waiters.add(resolve);
      await promise;
      this.waiters.delete(resolve);
    }
  }

  private async sendUntilStopped(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      const number = this.next++;
      const status = await this.send(number);
      if (status >= 200 && status < 300) this.acknowledged.add(number);
      this.statuses.set(status, this.countOf(status) + 1);
      for (const wake of this.waiters) wake();
      await delay(status === 0 ? PAUSE_AFTER_FAILURE_MS : this.pauseMs);
    }
  }

  private async send(number: number): Promise<number> {
    try {
      const response = await fetch(this.url, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ number }),
        signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
      });
      await response.arrayBuffer();
      return response.status;
    } catch {
      return 0;
    }
  }
}
