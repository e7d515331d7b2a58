import { isEmitterGlob, type SubscriptionPattern } from "./match.ts";

const ROOM_AGAIN = 0.9;

/**
 * Whether a queue counts as full: from the moment when it is, until a tenth of it (at least one place) is free again, so
 * that a queue at its brim is one episode and not many.
 */
export function isQueueFull({ wasFull, waiting, size }: { wasFull: boolean; waiting: number; size: number }): boolean {
  return waiting >= size || (wasFull && waiting > Math.floor(size * ROOM_AGAIN));
}

export interface HeldEmitters {
  /** By the emitter: the full queue that it leads to. */
  readonly ids: ReadonlyMap<string, string>;
  /** All sources of the workspace: the full queue that listens to every one; null: none does. */
  readonly everySource: string | null;
}

/**
 * Who emits into queues that are full, directly or by way of others that listen: they take nothing new until there is
 * room. Errors and logs hold nobody, and a pattern for all workflows does not either, for most of them never emit.
 */
export function heldEmitters(patterns: Iterable<SubscriptionPattern>, full: Iterable<string>): HeldEmitters {
  const byListener = Map.groupBy(
    [...patterns].filter(({ channel }) => !channel.startsWith("$")),
    ({ listenerId }) => listenerId,
  );
  const ids = new Map<string, string>();
  let everySource: string | null = null;
  const queue = [...full].map((listenerId) => ({ listenerId, cause: listenerId }));
  const isSeen = new Set(queue.map(({ listenerId }) => listenerId));
  for (const { listenerId, cause } of queue) {
    for (const { emitterId } of byListener.get(listenerId) ?? []) {
      if (emitterId === "dc_*" || emitterId.startsWith("o_")) everySource ??= cause;
      if (isEmitterGlob(emitterId) || emitterId.startsWith("o_") || ids.has(emitterId)) continue;
      ids.set(emitterId, cause);
      if (isSeen.has(emitterId)) continue;
      isSeen.add(emitterId);
      queue.push({ listenerId: emitterId, cause });
    }
  }
  return { ids, everySource };
}
