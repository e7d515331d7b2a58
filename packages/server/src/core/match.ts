/** What matching needs to know of a subscription. */
export interface SubscriptionPattern {
  /** An emitter's id, `dc_*`, `p_*`, or the workspace's own id. */
  emitterId: string;
  channel: string;
  listenerId: string;
}

const EMITTER_GLOBS = ["dc_*", "p_*"];
const MEMO_LIMIT = 10_000;

/** True for the patterns that stand for many emitters. */
export function isEmitterGlob(emitterId: string): boolean {
  return EMITTER_GLOBS.includes(emitterId);
}

/**
 * The subscriptions of one workspace, ready to be asked. A channel matches exactly; an emitter by its id, by the glob
 * of its kind, or by the workspace's id.
 */
export class SubscriptionMatcher {
  readonly #orgId: string;
  readonly #listeners = new Map<string, string[]>();
  readonly #memo = new Map<string, readonly string[]>();

  constructor(orgId: string, patterns: Iterable<SubscriptionPattern>) {
    this.#orgId = orgId;
    for (const { emitterId, channel, listenerId } of patterns) {
      const key = keyOf(emitterId, channel);
      const listeners = this.#listeners.get(key);
      if (listeners) listeners.push(listenerId);
      else this.#listeners.set(key, [listenerId]);
    }
  }

  /** Listeners of an event, each once. */
  listenersOf(emitterId: string, channel: string): readonly string[] {
    const key = keyOf(emitterId, channel);
    const known = this.#memo.get(key);
    if (known) return known;
    const kind = EMITTER_GLOBS.find((glob) => emitterId.startsWith(glob.slice(0, -1)));
    const patterns = kind ? [emitterId, kind, this.#orgId] : [emitterId, this.#orgId];
    const listeners = [...new Set(patterns.flatMap((pattern) => this.#listeners.get(keyOf(pattern, channel)) ?? []))];
    if (this.#memo.size >= MEMO_LIMIT) this.#memo.clear();
    this.#memo.set(key, listeners);
    return listeners;
  }
}

function keyOf(emitterId: string, channel: string): string {
  return `${emitterId}\n${channel}`;
}
