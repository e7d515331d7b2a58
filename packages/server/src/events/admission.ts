import { heldEmitters, type HeldEmitters } from "../core/index.ts";
import { DEFAULT_QUEUE_SIZE, QuotaLevels, type QueueLevels, type QueueOf } from "../queue/index.ts";
import type { MatchState, SubscriptionCache } from "./subscription-cache.ts";

interface Known {
  readonly state: MatchState;
  readonly version: number;
  readonly held: HeldEmitters;
}

const NOBODY: HeldEmitters = { ids: new Map(), everySource: null };

/** Who may take events in. While no queue is full, asking costs nothing. */
export class Admission {
  readonly levels: QueueLevels;
  readonly quotas = new QuotaLevels();
  readonly #subscriptions: SubscriptionCache;
  readonly #held = new Map<string, Known>();

  constructor({ levels, subscriptions }: { levels: QueueLevels; subscriptions: SubscriptionCache }) {
    this.levels = levels;
    this.#subscriptions = subscriptions;
  }

  /** The queue of a workflow; other listeners have none that could be full. */
  queueOf(orgId: string, listenerId: string): QueueOf | null {
    if (!listenerId.startsWith("p_")) return null;
    const size = this.#subscriptions.get(orgId).queues.get(listenerId)?.size ?? DEFAULT_QUEUE_SIZE;
    return { orgId, listenerId, size };
  }

  /** The full queue because of which `count` new events for a listener are refused; null: they are welcome. */
  refusal(orgId: string, listenerId: string, count = 1): string | null {
    const queue = this.queueOf(orgId, listenerId);
    if (queue && this.levels.lacksRoom(queue, count)) return listenerId;
    return this.holding(orgId, listenerId);
  }

  /** The full queue to which what someone emits would go; null: none. */
  holding(orgId: string, emitterId: string): string | null {
    if (this.levels.full.size === 0) return null;
    const held = this.#heldOf(orgId);
    return held.ids.get(emitterId) ?? (emitterId.startsWith("dc_") ? held.everySource : null);
  }

  /** Whether a source's deliveries wait until there is room in front of it. Workflows go on: that is what makes room. */
  isSourceHeld(listenerId: string): boolean {
    if (this.levels.full.size === 0 || !listenerId.startsWith("dc_")) return false;
    return [...new Set(this.levels.full.values())].some((orgId) => this.#heldOf(orgId).ids.has(listenerId));
  }

  /** The sources that are held by name, in all workspaces. */
  heldSources(): ReadonlySet<string> {
    const ids = new Set<string>();
    for (const orgId of new Set(this.levels.full.values())) {
      for (const id of this.#heldOf(orgId).ids.keys()) if (id.startsWith("dc_")) ids.add(id);
    }
    return ids;
  }

  /** Reads what must be known of workspaces in which a queue is full. @throws ApiError `unavailable` */
  async prepare(): Promise<void> {
    const unknown = [...new Set(this.levels.full.values())].filter((orgId) => !this.#subscriptions.has(orgId));
    if (unknown.length > 0) await this.#subscriptions.load(unknown);
    if (this.levels.full.size === 0) this.#held.clear();
  }

  #heldOf(orgId: string): HeldEmitters {
    const state = this.#subscriptions.get(orgId);
    const { version } = this.levels;
    const known = this.#held.get(orgId);
    if (known?.version === version && known.state === state) return known.held;
    const full = [...this.levels.full].flatMap(([listenerId, ofOrg]) => (ofOrg === orgId ? [listenerId] : []));
    const held = full.length === 0 ? NOBODY : heldEmitters(state.patterns, full);
    this.#held.set(orgId, { state, version, held });
    return held;
  }
}
