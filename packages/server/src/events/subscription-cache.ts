import { SubscriptionMatcher, type SubscriptionPattern } from "../core/index.ts";
import type { Database } from "../db/index.ts";

/** What a workflow says of the events that wait for it. */
export interface QueueSettings {
  /** It takes what it is subscribed to by the rules of a lane. */
  readonly isLane: boolean;
  readonly size: number;
}

export interface MatchState {
  readonly matcher: SubscriptionMatcher;
  readonly patterns: readonly SubscriptionPattern[];
  /** By workflow; the others run everything at once. */
  readonly queues: ReadonlyMap<string, QueueSettings>;
  /** Compared by each commit with the database's own. */
  readonly version: number;
}

/** Topic on which nodes tell each other that a workspace's subscriptions changed. */
export const SUBSCRIPTIONS_TOPIC = "subscriptions";

interface SubscriptionRow {
  org_id: string;
  version: number;
  emitter_id: string | null;
  channel: string;
  listener_id: string;
  /** Null: the row tells of a subscription. */
  queue_size: number | null;
  is_lane: boolean;
}

// One statement, so that version, subscriptions and lanes belong to the same snapshot.
const LOAD = `
select org.org_id, coalesce(current.version, 0) as version, sub.emitter_id, sub.channel, sub.listener_id,
  null::integer as queue_size, false as is_lane
from unnest($1::text[]) as org (org_id)
left join subscription_versions as current using (org_id)
left join subscriptions as sub using (org_id)
union all
select lane.org_id, coalesce(current.version, 0), null, '', workflow_id, queue_size,
  concurrency is not null or throttle_limit is not null
from lanes as lane left join subscription_versions as current using (org_id)
where lane.org_id = any($1)`;

const NOTHING = { patterns: [], queues: new Map<string, QueueSettings>(), version: -1 };

/**
 * This node's copy of the subscriptions and of what listeners say of their queues, by workspace, read when first needed. Hints drop what is old; should a hint be
 * late or lost, the version check of the commit notices, so no event accepted after a subscription was answered misses
 * it, on any node.
 */
export class SubscriptionCache {
  readonly #db: Database;
  readonly #states = new Map<string, MatchState>();
  #unlisten: (() => void) | null = null;

  constructor(db: Database) {
    this.#db = db;
  }

  start(): void {
    this.#unlisten = this.#db.listen(SUBSCRIPTIONS_TOPIC, (hint) => {
      if (hint.type === "message" && typeof hint.payload === "string") this.#states.delete(hint.payload);
      else this.#states.clear();
    });
  }

  stop(): void {
    this.#unlisten?.();
    this.#unlisten = null;
  }

  has(orgId: string): boolean {
    return this.#states.has(orgId);
  }

  /** The state of a workspace that was loaded; without one, an empty state that the commit's check will refuse. */
  get(orgId: string): MatchState {
    return this.#states.get(orgId) ?? { ...NOTHING, matcher: new SubscriptionMatcher(orgId, []) };
  }

  /** Reads workspaces anew. @throws ApiError `unavailable` */
  async load(orgIds: readonly string[]): Promise<void> {
    const { rows } = await this.#db.query<SubscriptionRow>(LOAD, [orgIds]);
    for (const [orgId, ofOrg] of Map.groupBy(rows, (row) => row.org_id)) {
      const patterns = ofOrg.flatMap((row) =>
        row.emitter_id === null
          ? []
          : [{ emitterId: row.emitter_id, channel: row.channel, listenerId: row.listener_id }],
      );
      const queues = new Map(
        ofOrg.flatMap((row) =>
          row.queue_size === null ? [] : [[row.listener_id, { isLane: row.is_lane, size: row.queue_size }] as const],
        ),
      );
      const matcher = new SubscriptionMatcher(orgId, patterns);
      this.#states.set(orgId, { matcher, patterns, queues, version: ofOrg[0]?.version ?? 0 });
    }
  }

  /** Forgets a workspace's subscriptions, to be read again. */
  invalidate(orgId: string): void {
    this.#states.delete(orgId);
  }
}
