import type pg from "pg";
import { dedupe, type DedupeMemory } from "../core/index.ts";
import type { BatchUnit } from "./commit-batch.ts";
import type { CommitUnit, EventDraft } from "./commit-unit.ts";
import { cell, type Lines } from "./unit-lines.ts";

type DedupeUnit = CommitUnit & { dedupe: NonNullable<CommitUnit["dedupe"]> };
type Memories = Map<
  string,
  { orgId: string; sourceId: string; channel: string; memory: DedupeMemory; isChanged: boolean }
>;

export interface DedupeContext {
  nodeId: string;
  epoch: number;
  nowMs: number;
}

/** True when a unit's events have to be compared with what its source remembers. */
export function needsDedupe(unit: CommitUnit): unit is DedupeUnit {
  return unit.dedupe !== undefined && (unit.events?.length ?? 0) > 0;
}

// Whoever emits for a source next, on any node, waits here until this transaction has ended. Heads are locked only
// after that, so the two kinds of lock never cross.
const LOCK_SOURCES = `select pg_advisory_xact_lock(hashtextextended('millrace dedupe ' || source_id, 0))
from unnest($1::text[]) as source_id`;

const READ_MEMORIES = `
with held as (
  select delivery_id from deliveries where delivery_id = any($1::bigint[]) and node_id = $2 and epoch = $3 for update)
select delivery_id, null as source_id, null as channel, null as memory from held
union all
select null, source_id, channel, memory from dedupe_memory
where (org_id, source_id) in (select * from unnest($4::text[], $5::text[]))`;

interface MemoryRow {
  delivery_id: number | null;
  source_id: string;
  channel: string;
  memory: string;
}

/**
 * Drops repeats from the units of one batch. Runs in the transaction that writes them, and keeps their sources locked
 * until it ends.
 * @returns per unit what is left of it, null when its claim is lost
 */
export async function dedupeUnits(
  client: pg.ClientBase,
  units: readonly CommitUnit[],
  context: DedupeContext,
): Promise<{ units: (BatchUnit | null)[]; addMemories(lines: Lines): void }> {
  const affected = units.filter(needsDedupe);
  const sources = new Map(affected.map((unit) => [unit.dedupe.sourceId, unit.dedupe.orgId]));
  const claimed = affected.flatMap((unit) => (unit.claim ? [unit.claim.deliveryId] : []));
  await client.query(LOCK_SOURCES, [[...sources.keys()].toSorted()]);
  const { rows } = await client.query<MemoryRow>({
    name: "dedupe_read",
    text: READ_MEMORIES,
    values: [claimed, context.nodeId, context.epoch, [...sources.values()], [...sources.keys()]],
  });
  const held = new Set(rows.map((row) => row.delivery_id));
  const memories: Memories = new Map();
  for (const { source_id: sourceId, channel, memory } of rows.filter((row) => row.delivery_id === null)) {
    const parsed = JSON.parse(memory) as DedupeMemory;
    memories.set(`${sourceId} ${channel}`, { orgId: "", sourceId, channel, memory: parsed, isChanged: false });
  }
  return {
    units: units.map((unit) => {
      if (!needsDedupe(unit)) return { unit, drafts: unit.events ?? [], extraDrafts: [] };
      return unit.claim && !held.has(unit.claim.deliveryId) ? null : dedupeUnit(unit, memories, context.nowMs);
    }),
    addMemories: (lines) => addChanged(lines, memories),
  };
}

function dedupeUnit(unit: DedupeUnit, memories: Memories, nowMs: number): BatchUnit {
  const { orgId, sourceId, strategy } = unit.dedupe;
  const drafts: (EventDraft | null)[] = [...(unit.events ?? [])];
  const channels = Map.groupBy(
    drafts.keys().filter((index) => !drafts[index]?.channel.startsWith("$")),
    (index) => drafts[index]?.channel ?? "",
  );
  let uncomparable = 0;
  for (const [channel, indexes] of channels) {
    const key = `${sourceId} ${channel}`;
    const ids = indexes.map((index) => drafts[index]?.metadata?.id ?? null);
    const decision = dedupe(strategy, memories.get(key)?.memory ?? {}, ids);
    memories.set(key, { orgId, sourceId, channel, memory: decision.memory, isChanged: true });
    uncomparable += decision.uncomparable.length;
    indexes.forEach((index, place) => {
      if (!decision.deliver[place]) drafts[index] = null;
    });
  }
  const extraDrafts = uncomparable > 0 ? [warning(unit.dedupe, uncomparable, nowMs)] : [];
  return { unit, drafts, extraDrafts };
}

function warning({ orgId, sourceId, strategy }: DedupeUnit["dedupe"], count: number, nowMs: number): EventDraft {
  const wanted = strategy === "greatest" ? "a numeric `id`" : "an `id`";
  const msg = `${count} event(s) without ${wanted} were delivered unchecked: dedupe "${strategy}" needs one`;
  return { orgId, emitterId: sourceId, channel: "$logs", payload: JSON.stringify({ k: "warning", ts: nowMs, msg }) };
}

function addChanged(lines: Lines, memories: Memories): void {
  for (const { orgId, sourceId, channel, memory, isChanged } of memories.values()) {
    if (isChanged) lines.add([orgId, sourceId, cell(channel), cell(JSON.stringify(memory))]);
  }
}
