import type { Sandbox } from "./sandbox.ts";

const ROUND_MS = 250;

export interface WatchListener {
  /** It stopped answering. */
  onStuck(): void;
  /** Its work is done, but something of it goes on. */
  onLeftovers(): void;
}

/** Asks the sandboxes that are at work whether they still answer. Its timer runs only while some are. */
export class Watchdog {
  readonly #busy = new Map<Sandbox, WatchListener>();
  #timer: NodeJS.Timeout | null = null;

  /** Watches a sandbox while it has work. */
  watch(sandbox: Sandbox, listener: WatchListener): void {
    this.#busy.set(sandbox, listener);
    this.#timer ??= setInterval(() => {
      // After the poll phase: answers that wait in our own sockets are read before anybody is judged.
      setImmediate(() => this.tick());
    }, ROUND_MS).unref();
  }

  /** One round. */
  tick(): void {
    for (const [sandbox, listener] of this.#busy) {
      if (sandbox.hasEnded || sandbox.inFlight === 0) {
        this.#busy.delete(sandbox);
        sandbox.lookForLeftovers();
        if (sandbox.hasLeftovers) listener.onLeftovers();
      } else {
        const wasStuck = sandbox.isStuck;
        sandbox.watch();
        if (sandbox.isStuck && !wasStuck) listener.onStuck();
      }
    }
    if (this.#busy.size === 0) this.stop();
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }
}
