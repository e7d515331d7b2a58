import type { Database } from "../db/index.ts";
import type { ClaimedDelivery, CommitUnit } from "../events/index.ts";

/** Marks the event of a request that is not to be kept. */
export const UNSTORED_METADATA = { id: "nostore" } as const;

const FORGET_AFTER_MS = 500;

/** Whether the sender asked for its request not to be kept. */
export function isUnstored(delivery: ClaimedDelivery): boolean {
  return delivery.emitterId.startsWith("hi_") && delivery.metadata?.id === UNSTORED_METADATA.id;
}

/** The unit without what tells of the request: log lines, and the event in an error. */
export function withoutTraces(unit: CommitUnit): CommitUnit {
  const { sourceRun, events = [], ifRefused } = unit;
  return {
    ...unit,
    events: events.filter((event) => event.channel !== "$logs"),
    ...(sourceRun && { sourceRun: { ...sourceRun, logs: null } }),
    ...(ifRefused && { ifRefused: (reason: string) => withoutTraces(ifRefused(reason)) }),
  };
}

/** Deletes the events of such requests once they are worked off: until then they have to survive a crash. */
export class UnstoredEvents {
  readonly #db: Database;
  #pending: ClaimedDelivery[] = [];
  #timer: NodeJS.Timeout | null = null;

  constructor(options: { db: Database }) {
    this.#db = options.db;
  }

  /** Deletes the delivery's event soon. */
  forget(delivery: ClaimedDelivery): void {
    this.#pending.push(delivery);
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      // What cannot be deleted now goes with the retention.
      this.flush().catch(() => {});
    }, FORGET_AFTER_MS);
    this.#timer.unref();
  }

  /** Deletes all that is worked off; one round. */
  async flush(): Promise<void> {
    const worked = this.#pending;
    this.#pending = [];
    await this.#db.query(
      `delete from events using unnest($1::text[], $2::text[], $3::text[], $4::bigint[]) as gone (org_id, emitter_id, channel, event_id)
       where events.org_id = gone.org_id and events.emitter_id = gone.emitter_id and events.channel = gone.channel
         and events.event_id = gone.event_id
         and not exists (select from deliveries as owed where owed.org_id = gone.org_id
           and owed.emitter_id = gone.emitter_id and owed.event_id = gone.event_id)`,
      [
        worked.map((one) => one.orgId),
        worked.map((one) => one.emitterId),
        worked.map((one) => one.channel),
        worked.map((one) => one.eventId),
      ],
    );
  }

  stop(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
  }
}
