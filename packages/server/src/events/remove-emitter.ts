import { sql } from "kysely";
import type { Database } from "../db/index.ts";

const EVENTS_PER_ROUND = 5_000;

/** Forgets all events of an emitter that is no more, in portions. */
export async function removeEmitter(
  db: Database,
  { orgId, emitterId }: { orgId: string; emitterId: string },
): Promise<void> {
  for (;;) {
    const { numAffectedRows } = await sql`delete from events where org_id = ${orgId} and emitter_id = ${emitterId}
      and (channel, event_id) in (select channel, event_id from events
        where org_id = ${orgId} and emitter_id = ${emitterId} limit ${EVENTS_PER_ROUND})`.execute(db.kysely);
    if ((numAffectedRows ?? 0n) < BigInt(EVENTS_PER_ROUND)) break;
  }
  await db.kysely.deleteFrom("emitter_heads").where("org_id", "=", orgId).where("emitter_id", "=", emitterId).execute();
}
