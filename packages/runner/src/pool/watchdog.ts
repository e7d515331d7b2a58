import type { Sandbox } from "./sandbox.ts";

const ROUND_MS = 250;

/** Asks the sandboxes that are at work whether they still answer. Its timer runs only while some are. */
export class Watchdog {
  readonly #busy = new Map<Sandbox, () => void>();
  #timer: NodeJS.Timeout | null = null;

  /** Watches a sandbox while it has work; `onStuck` is called when it stops answering. */
  watch(sandbox: Sandbox, onStuck: () => void): void {
    this.#busy.set(sandbox, onStuck);
    this.#timer ??= setInterval(() => {
      // After the poll phase: answers that wait in our own sockets are read before anybody is judged.
      setImmediate(() => this.tick());
    }, ROUND_MS).unref();
  }

  /** One round. */
  tick(): void {
    for (const [sandbox, onStuck] of this.#busy) {
      if (sandbox.hasEnded || sandbox.inFlight === 0) this.#busy.delete(sandbox);
      else if (!sandbox.isStuck) {
        sandbox.watch();
        if (sandbox.isStuck) onStuck();
      }
    }
    if (this.#busy.size === 0) this.stop();
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }
}
