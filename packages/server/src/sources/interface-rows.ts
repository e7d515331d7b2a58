import { sql, type Kysely } from "kysely";
import { firstTickMs, newId } from "../core/index.ts";
import type { Schema } from "../db/index.ts";
import type { PropsPlan } from "./configured-props.ts";
import { newEndpointKey, type Endpoints } from "./endpoints.ts";
import { announceTimers, scheduleOf } from "./timers.ts";

/** Whose interfaces they are. */
export interface InterfaceOwner {
  readonly orgId: string;
  readonly sourceId: string;
}

export interface InterfaceContext {
  readonly trx: Kysely<Schema>;
  readonly endpoints: Endpoints;
  readonly nowMs: number;
}

/**
 * Gives a source the endpoints that its props ask for, live at once; an endpoint that is there already keeps its key.
 * Those no longer asked for stay until `dropSpareInterfaces`, so that a failed update can go back.
 */
export async function putEndpoints(
  context: InterfaceContext,
  owner: InterfaceOwner,
  wanted: PropsPlan["endpoints"],
): Promise<void> {
  const { trx, endpoints, nowMs } = context;
  const existing = await endpointsOf(trx, owner);
  const touched: string[] = [];
  for (const { propName, customResponse } of wanted) {
    const present = existing.find((row) => row.prop_name === propName);
    if (present) {
      await trx
        .updateTable("endpoints")
        .set({ custom_response: customResponse, active: true })
        .where("org_id", "=", owner.orgId)
        .where("endpoint_key", "=", present.endpoint_key)
        .execute();
      touched.push(present.endpoint_key);
      continue;
    }
    const key = newEndpointKey();
    touched.push(key);
    await trx
      .insertInto("endpoints")
      .values({
        org_id: owner.orgId,
        endpoint_key: key,
        owner_id: owner.sourceId,
        prop_name: propName,
        custom_response: customResponse,
        created_at_ms: nowMs,
      })
      .execute();
  }
  await endpoints.announce(trx, touched);
}

/** Replaces a source's timers by those that its props ask for, not ticking yet. */
export async function putTimers(
  context: InterfaceContext,
  owner: InterfaceOwner,
  wanted: PropsPlan["timers"],
): Promise<void> {
  const { trx, nowMs } = context;
  await trx.deleteFrom("timers").where("org_id", "=", owner.orgId).where("owner_id", "=", owner.sourceId).execute();
  for (const { propName, schedule } of wanted) {
    await trx
      .insertInto("timers")
      .values({
        org_id: owner.orgId,
        timer_id: newId("timerTrigger"),
        owner_id: owner.sourceId,
        prop_name: propName,
        interval_seconds: schedule.kind === "interval" ? schedule.intervalSeconds : null,
        cron: schedule.kind === "cron" ? schedule.cron : null,
        timezone: schedule.kind === "cron" ? schedule.timezone : "UTC",
        next_at_ms: null,
        schedule_changed_at_ms: nowMs,
      })
      .execute();
  }
  await announceTimers(trx, { orgId: owner.orgId, ownerId: owner.sourceId });
}

/** Starts a source's timers: the first tick of an interval comes one interval from now. */
export async function startTimers(context: InterfaceContext, owner: InterfaceOwner): Promise<void> {
  const { trx, nowMs } = context;
  const timers = await trx
    .selectFrom("timers")
    .select(["timer_id", "interval_seconds", "cron", "timezone"])
    .where("org_id", "=", owner.orgId)
    .where("owner_id", "=", owner.sourceId)
    .execute();
  for (const timer of timers) {
    const schedule = scheduleOf(timer);
    await trx
      .updateTable("timers")
      .set({ active: true, next_at_ms: schedule && firstTickMs(schedule, nowMs) })
      .where("org_id", "=", owner.orgId)
      .where("timer_id", "=", timer.timer_id)
      .execute();
  }
  if (timers.length > 0) await announceTimers(trx, { orgId: owner.orgId, ownerId: owner.sourceId });
}

/** Stops a source's timers. */
export async function stopTimers(trx: Kysely<Schema>, owner: InterfaceOwner): Promise<void> {
  const stopped = await trx
    .updateTable("timers")
    .set({ active: false })
    .where("org_id", "=", owner.orgId)
    .where("owner_id", "=", owner.sourceId)
    .executeTakeFirst();
  if (stopped.numUpdatedRows > 0n) await announceTimers(trx, { orgId: owner.orgId, ownerId: owner.sourceId });
}

/** Removes the endpoints that the source's props no longer ask for, and switches the others on or off. */
export async function settleEndpoints(
  context: InterfaceContext,
  owner: InterfaceOwner,
  { wantedProps, isActive }: { wantedProps: readonly string[]; isActive: boolean },
): Promise<void> {
  const { trx, endpoints } = context;
  const existing = await endpointsOf(trx, owner);
  const spare = existing.filter((row) => !wantedProps.includes(row.prop_name)).map((row) => row.endpoint_key);
  if (spare.length > 0) {
    await trx.deleteFrom("endpoints").where("org_id", "=", owner.orgId).where("endpoint_key", "in", spare).execute();
  }
  await trx
    .updateTable("endpoints")
    .set({ active: isActive })
    .where("org_id", "=", owner.orgId)
    .where("owner_id", "=", owner.sourceId)
    .execute();
  await endpoints.announce(
    trx,
    existing.map((row) => row.endpoint_key),
  );
}

/** The endpoints of a source. */
export function endpointsOf(
  trx: Kysely<Schema>,
  owner: InterfaceOwner,
): Promise<{ endpoint_key: string; prop_name: string; custom_response: boolean }[]> {
  return trx
    .selectFrom("endpoints")
    .select(["endpoint_key", "prop_name", "custom_response"])
    .where("org_id", "=", owner.orgId)
    .where("owner_id", "=", owner.sourceId)
    .orderBy("prop_name")
    .execute();
}

/** Endpoint keys by source and prop, for lists. */
export async function endpointKeysOf(
  db: Kysely<Schema>,
  owners: readonly InterfaceOwner[],
): Promise<Map<string, Record<string, string>>> {
  const { rows } = await sql<{ owner_id: string; prop_name: string; endpoint_key: string }>`
    select owner_id, prop_name, endpoint_key from endpoints
    where (org_id, owner_id) in (
      select * from unnest(${owners.map((owner) => owner.orgId)}::text[], ${owners.map((owner) => owner.sourceId)}::text[]))`.execute(
    db,
  );
  const keys = new Map<string, Record<string, string>>();
  for (const row of rows) {
    keys.set(row.owner_id, { ...keys.get(row.owner_id), [row.prop_name]: row.endpoint_key });
  }
  return keys;
}
