import type { Kysely } from "kysely";
import { firstTickMs, type Schedule } from "../core/index.ts";
import type { Schema } from "../db/index.ts";
import type { Subscriptions } from "../events/index.ts";
import { announceTimers, type Endpoints } from "../sources/index.ts";
import type { StoredTrigger, TimerConfig, TriggerConfigs } from "./definition/index.ts";

/** A trigger that there is, with the times of its row. */
export type TriggerRow = StoredTrigger & {
  /** False: an existing source that goes on without the workflow. */
  readonly isOwned: boolean;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
};

/** Whose triggers they are. */
export interface TriggerOwner {
  readonly orgId: string;
  readonly workflowId: string;
}

export interface TriggerWriting {
  readonly trx: Kysely<Schema>;
  readonly endpoints: Endpoints;
  readonly subscriptions: Pick<Subscriptions, "listen" | "unlisten">;
  readonly nowMs: number;
}

/** The triggers of workflows, in their order. */
export async function readTriggerRows(db: Kysely<Schema>, owner: TriggerOwner): Promise<TriggerRow[]> {
  const rows = await db
    .selectFrom("workflow_triggers")
    .selectAll()
    .where("org_id", "=", owner.orgId)
    .where("workflow_id", "=", owner.workflowId)
    .orderBy("position")
    .execute();
  return rows.map((row) => {
    const config = JSON.parse(row.config) as TriggerConfigs[typeof row.kind];
    const stored = { kind: row.kind, id: row.trigger_id, key: row.key, config } as StoredTrigger;
    return { ...stored, isOwned: row.is_owned, createdAtMs: row.created_at_ms, updatedAtMs: row.updated_at_ms };
  });
}

/** Replaces the triggers of a workflow; those that stay keep their address, their phase and their age. */
export async function writeTriggers(
  writing: TriggerWriting,
  owner: TriggerOwner,
  { old, next, isActive }: { old: readonly TriggerRow[]; next: readonly StoredTrigger[]; isActive: boolean },
): Promise<void> {
  const kept = new Set(next.map((trigger) => trigger.id));
  await removeTriggers(
    writing,
    owner,
    old.filter((row) => !kept.has(row.id)),
  );
  for (const [position, trigger] of next.entries()) {
    const before = old.find((row) => row.id === trigger.id);
    await upsertRow(writing, owner, { trigger, position });
    if (trigger.kind === "http") await putEndpoint(writing, owner, { trigger, isActive });
    if (trigger.kind === "timer" && !isSameTimer(before, trigger.config))
      await putTimer(writing, owner, { trigger, isActive });
    if (trigger.kind === "source") await listenTo(writing, owner, trigger.id);
  }
  await announce(writing, owner, [...old, ...next]);
}

/** Switches endpoints and timers on or off. */
export async function switchTriggers(
  writing: TriggerWriting,
  owner: TriggerOwner,
  { triggers, isActive }: { triggers: readonly StoredTrigger[]; isActive: boolean },
): Promise<void> {
  for (const trigger of triggers) {
    if (trigger.kind === "http") await putEndpoint(writing, owner, { trigger, isActive });
    if (trigger.kind === "timer") await putTimer(writing, owner, { trigger, isActive });
  }
  await announce(writing, owner, triggers);
}

/** Removes triggers with all that belongs to them; sources stay, unheard. */
export async function removeTriggers(
  { trx, subscriptions }: TriggerWriting,
  { orgId, workflowId }: TriggerOwner,
  removed: readonly StoredTrigger[],
): Promise<void> {
  for (const { kind, id, key } of removed) {
    if (kind === "http" && key !== null) {
      await trx.deleteFrom("endpoints").where("org_id", "=", orgId).where("endpoint_key", "=", key).execute();
    }
    if (kind === "timer")
      await trx.deleteFrom("timers").where("org_id", "=", orgId).where("timer_id", "=", id).execute();
    if (kind === "source") await subscriptions.unlisten(trx, { orgId, emitterId: id, listenerId: workflowId });
    await trx
      .deleteFrom("workflow_triggers")
      .where("org_id", "=", orgId)
      .where("workflow_id", "=", workflowId)
      .where("trigger_id", "=", id)
      .execute();
  }
}

/** Tells every node whose endpoints and timers changed. */
export async function announce(
  { trx, endpoints }: TriggerWriting,
  { orgId, workflowId }: TriggerOwner,
  triggers: readonly StoredTrigger[],
): Promise<void> {
  await endpoints.announce(
    trx,
    triggers.flatMap(({ kind, key }) => (kind === "http" && key !== null ? [key] : [])),
  );
  if (triggers.some(({ kind }) => kind === "timer")) await announceTimers(trx, { orgId, ownerId: workflowId });
}

/** The schedule of a timer trigger. */
export function scheduleOf({ intervalSeconds, cron, timezone }: TimerConfig): Schedule {
  return cron === null ? { kind: "interval", intervalSeconds: intervalSeconds ?? 0 } : { kind: "cron", cron, timezone };
}

async function upsertRow(
  { trx, nowMs }: TriggerWriting,
  { orgId, workflowId }: TriggerOwner,
  { trigger, position }: { trigger: StoredTrigger; position: number },
): Promise<void> {
  const config = JSON.stringify(trigger.config);
  const isOwned = trigger.kind !== "source" || trigger.config !== null;
  await trx
    .insertInto("workflow_triggers")
    .values({
      ...{ org_id: orgId, trigger_id: trigger.id, workflow_id: workflowId, position, kind: trigger.kind },
      ...{ key: trigger.key, is_owned: isOwned, config, created_at_ms: nowMs, updated_at_ms: nowMs },
    })
    .onConflict((conflict) =>
      conflict.columns(["org_id", "workflow_id", "trigger_id"]).doUpdateSet((row) => ({
        position,
        config,
        updated_at_ms: row
          .case()
          .when("workflow_triggers.config", "=", config)
          .then(row.ref("workflow_triggers.updated_at_ms"))
          .else(nowMs)
          .end(),
      })),
    )
    .execute();
}

async function putEndpoint(
  { trx, nowMs }: TriggerWriting,
  { orgId, workflowId }: TriggerOwner,
  { trigger, isActive }: { trigger: Extract<StoredTrigger, { kind: "http" }>; isActive: boolean },
): Promise<void> {
  const { customResponse, behavior } = trigger.config;
  const state = { custom_response: customResponse, behavior: JSON.stringify(behavior), active: isActive };
  const place = { org_id: orgId, endpoint_key: trigger.key ?? "", owner_id: workflowId, prop_name: "http" };
  await trx
    .insertInto("endpoints")
    .values({ ...place, ...state, created_at_ms: nowMs })
    .onConflict((conflict) => conflict.column("endpoint_key").doUpdateSet(state))
    .execute();
}

/** The first tick of an interval comes one interval after this. */
async function putTimer(
  { trx, nowMs }: TriggerWriting,
  { orgId, workflowId }: TriggerOwner,
  { trigger, isActive }: { trigger: Extract<StoredTrigger, { kind: "timer" }>; isActive: boolean },
): Promise<void> {
  const { config } = trigger;
  const state = {
    ...{ interval_seconds: config.intervalSeconds, cron: config.cron, timezone: config.timezone, active: isActive },
    next_at_ms: isActive ? firstTickMs(scheduleOf(config), nowMs) : null,
    schedule_changed_at_ms: config.changedAtMs,
  };
  await trx
    .insertInto("timers")
    .values({ org_id: orgId, timer_id: trigger.id, owner_id: workflowId, prop_name: "timer", ...state })
    .onConflict((conflict) => conflict.column("timer_id").doUpdateSet(state))
    .execute();
}

async function listenTo(
  { trx, subscriptions }: TriggerWriting,
  { orgId, workflowId }: TriggerOwner,
  sourceId: string,
): Promise<void> {
  await subscriptions.listen(trx, { orgId, emitterId: sourceId, listenerId: workflowId });
}

function isSameTimer(before: TriggerRow | undefined, config: TimerConfig): boolean {
  if (before?.kind !== "timer") return false;
  const { intervalSeconds, cron, timezone } = before.config;
  return intervalSeconds === config.intervalSeconds && cron === config.cron && timezone === config.timezone;
}
