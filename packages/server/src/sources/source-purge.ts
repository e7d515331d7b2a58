import type { Database } from "../db/index.ts";
import type { Endpoints } from "./endpoints.ts";
import { removeEmitter } from "../events/index.ts";
import { endpointsOf, stopTimers, type InterfaceOwner } from "./interface-rows.ts";
import type { SourceSubscriptions } from "./source-parts.ts";
import type { SourceLoader } from "./source-loader.ts";
import { httpEmitterId } from "./trigger.ts";
import type { Kysely } from "kysely";
import type { Schema } from "../db/index.ts";

export interface SourcePurgeOptions {
  db: Database;
  endpoints: Endpoints;
  loader: SourceLoader;
  subscriptions: SourceSubscriptions;
}

/** Removes a source and everything that belongs to it. */
export class SourcePurge {
  readonly #options: SourcePurgeOptions;

  constructor(options: SourcePurgeOptions) {
    this.#options = options;
  }

  /** All rows at once, then its events in portions. */
  async remove(owner: InterfaceOwner): Promise<void> {
    const { db } = this.#options;
    const emitterIds = await db.transaction((trx) => this.#removeRows(trx, owner));
    for (const emitterId of emitterIds) await removeEmitter(db, { orgId: owner.orgId, emitterId });
  }

  /** Returns its emitters: the source, its endpoints and its timers. */
  async #removeRows(trx: Kysely<Schema>, owner: InterfaceOwner): Promise<string[]> {
    const { orgId, sourceId } = owner;
    const { endpoints, loader, subscriptions } = this.#options;
    const keys = (await endpointsOf(trx, owner)).map((row) => row.endpoint_key);
    // Deliveries before timers before the source: the order in which commits lock them.
    await trx.deleteFrom("deliveries").where("org_id", "=", orgId).where("listener_id", "=", sourceId).execute();
    await stopTimers(trx, owner);
    const timers = await trx
      .deleteFrom("timers")
      .where("org_id", "=", orgId)
      .where("owner_id", "=", sourceId)
      .returning("timer_id")
      .execute();
    await trx.deleteFrom("endpoints").where("org_id", "=", orgId).where("owner_id", "=", sourceId).execute();
    await trx.deleteFrom("scheduled_emits").where("org_id", "=", orgId).where("emitter_id", "=", sourceId).execute();
    await trx.deleteFrom("source_runs").where("org_id", "=", orgId).where("source_id", "=", sourceId).execute();
    await trx.deleteFrom("sources").where("org_id", "=", orgId).where("source_id", "=", sourceId).execute();
    await subscriptions.onParticipantDeleted(trx, { orgId, id: sourceId });
    await endpoints.announce(trx, keys);
    await loader.announce(trx, sourceId);
    return [sourceId, ...keys.map(httpEmitterId), ...timers.map((timer) => timer.timer_id)];
  }
}
