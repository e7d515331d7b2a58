import { isQueueFull } from "../core/index.ts";

/** A queue with a size: what waits for one workflow. */
export interface QueueOf {
  readonly orgId: string;
  readonly listenerId: string;
  readonly size: number;
}

export interface QueueLevelsOptions {
  /** A queue has become full. */
  onFull?(queue: QueueOf): void;
  /** A queue that was full has room again. */
  onRoom?(queue: QueueOf): void;
}

interface Level {
  readonly orgId: string;
  size: number;
  waiting: number;
  isFull: boolean;
}

/**
 * How much waits for each workflow, as far as this node knows: counted in memory with each commit and claim, so exact on
 * one node; with several, each learns of the others when the queues are counted.
 */
export class QueueLevels {
  readonly #levels = new Map<string, Level>();
  readonly #full = new Map<string, string>();
  #options: QueueLevelsOptions = {};
  /** Changes whenever a queue becomes full or has room again. */
  version = 0;

  /** Says who is to be told. */
  observe(options: QueueLevelsOptions): void {
    this.#options = options;
  }

  /** The workspace of each queue that is full. */
  get full(): ReadonlyMap<string, string> {
    return this.#full;
  }

  /** Queues in which something waits, or that were full. */
  *queues(): Iterable<QueueOf & { waiting: number }> {
    for (const [listenerId, { orgId, size, waiting }] of this.#levels) yield { orgId, listenerId, size, waiting };
  }

  get size(): number {
    return this.#levels.size;
  }

  /** True: that many more do not go in. */
  lacksRoom({ listenerId, size }: Omit<QueueOf, "orgId">, count = 1): boolean {
    return (this.#levels.get(listenerId)?.waiting ?? 0) + count > size;
  }

  added(queue: QueueOf, count = 1): void {
    this.set(queue, (this.#levels.get(queue.listenerId)?.waiting ?? 0) + count);
  }

  /** Deliveries of a listener wait no more. */
  left(listenerId: string, count = 1): void {
    const level = this.#levels.get(listenerId);
    if (level) this.set({ orgId: level.orgId, listenerId, size: level.size }, level.waiting - count);
  }

  /** What was counted. */
  set(queue: QueueOf, count: number): void {
    const { orgId, listenerId, size } = queue;
    const waiting = Math.max(0, count);
    const known = this.#levels.get(listenerId);
    const wasFull = known?.isFull ?? false;
    const isFull = isQueueFull({ wasFull, waiting, size });
    if (waiting === 0 && !isFull) this.#levels.delete(listenerId);
    else if (known) Object.assign(known, { waiting, size, isFull });
    else this.#levels.set(listenerId, { orgId, size, waiting, isFull });
    if (isFull === wasFull) return;
    this.version++;
    if (isFull) {
      this.#full.set(listenerId, orgId);
      this.#options.onFull?.(queue);
    } else {
      this.#full.delete(listenerId);
      this.#options.onRoom?.(queue);
    }
  }
}
