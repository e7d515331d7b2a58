import type pg from "pg";
import type { Lines } from "./unit-lines.ts";
import { linesOf } from "./unit-lines.ts";
import { NOTHING_PLACED, WORKFLOW_RUNS, WORKFLOW_STEPS } from "./workflow-record-lines.ts";

/**
 * The rows of one commit. Lines whose first cell is a key are written only while that key is held: a positive key is a
 * claimed delivery, a negative one a pending emit or a timer's tick.
 */
export interface UnitRows {
  /** org, version: what the subscriptions were matched by. */
  versions: Lines;
  /** delivery: ended for good. */
  completed: Lines;
  /** delivery, due, last error: kept for another attempt. */
  rescheduled: Lines;
  /** delivery: goes on. */
  kept: Lines;
  /** key, org, emitter, event: pending emits that become events. */
  due: Lines;
  /** key, org, timer, due, next: ticks that become events. */
  ticked: Lines;
  /** org, emitter, count; sorted, so that rows are locked in one order everywhere. */
  heads: Lines;
  /** key, number in the batch, distance from the new head, org, emitter, channel, emit id, deliver at, direct listener of a delayed one, metadata, payload. */
  drafts: Lines;
  /** draft's number, delivery, listener, 1 when claimed, 1 when in its listener's lane. */
  deliveries: Lines;
  /** key, then the columns. */
  sourceRuns: Lines;
  webhookDeliveries: Lines;
  /** key, number of the draft that is waited for, then the columns. */
  workflowRuns: Lines;
  /** key, then the columns. */
  workflowSteps: Lines;
  /** key, ordinal, org, source, key in the db, value (null removes). */
  dbWrites: Lines;
  /** key, org, source, channel, memory. */
  dedupeMemories: Lines;
  /** key, org, day, credits, compute, kind. */
  usage: Lines;
}

export interface WriteContext {
  nodeId: string;
  epoch: number;
  nowMs: number;
}

export interface WriteResult {
  /** False: subscriptions changed since the batch was matched, and nothing was written. */
  isFresh: boolean;
  heldKeys: ReadonlySet<number>;
  /** New head by `org emitter`. */
  heads: ReadonlyMap<string, number>;
}

// Each part is a data-modifying CTE; only the parts that have rows make up the statement, so that PostgreSQL plans and
// starts nothing in vain. $1 node, $2 epoch, $3 now; `@` is the part's own parameter.
const FRESH = `fresh as materialized (
  select not exists (
    select from (select a[1] as org_id, a[2]::bigint as version from ${linesOf("@")}) as matched
    left join subscription_versions as current using (org_id)
    where coalesce(current.version, 0) <> matched.version) as ok)`;
const COMPLETED = `completed as (
  delete from deliveries
  where (select ok from fresh) and delivery_id = any(string_to_array(@, E'\\x1e')::bigint[]) and node_id = $1 and epoch = $2
  returning delivery_id as key)`;
const RESCHEDULED = `rescheduled as (
  update deliveries as kept
  set node_id = null, epoch = null, attempts = kept.attempts + line.tried, due_at_ms = line.due_at_ms, last_error = line.last_error
  from (select a[1]::bigint as delivery_id, a[2]::bigint as due_at_ms, a[3] as last_error, a[4]::integer as tried from ${linesOf("@")}) as line
  where (select ok from fresh) and kept.delivery_id = line.delivery_id and kept.node_id = $1 and kept.epoch = $2
  returning kept.delivery_id as key)`;
// Locked, so that whoever takes the delivery away waits for the end of this commit, or comes before it.
const KEPT = `kept as materialized (
  select delivery_id as key from deliveries
  where (select ok from fresh) and delivery_id = any(string_to_array(@, E'\\x1e')::bigint[]) and node_id = $1 and epoch = $2
  for no key update)`;
const DUE = `due as (
  delete from scheduled_emits as pending
  using (select a[1]::bigint as key, a[2] as org_id, a[3] as emitter_id, a[4]::bigint as event_id from ${linesOf("@")}) as line
  where (select ok from fresh) and pending.org_id = line.org_id and pending.emitter_id = line.emitter_id
    and pending.event_id = line.event_id
  returning line.key)`;
const TICKED = `ticked as (
  update timers as timer set next_at_ms = line.next_at_ms
  from (select a[1]::bigint as key, a[2] as org_id, a[3] as timer_id, a[4]::bigint as due_at_ms, a[5]::bigint as next_at_ms
    from ${linesOf("@")}) as line
  where (select ok from fresh) and timer.org_id = line.org_id and timer.timer_id = line.timer_id
    and timer.active and timer.next_at_ms = line.due_at_ms
  returning line.key)`;
const HEADS = `heads as (
  insert into emitter_heads as head_row (org_id, emitter_id, head)
  select a[1], a[2], $3::bigint * 1024 + a[3]::bigint - 1 from ${linesOf("@")} where (select ok from fresh)
  on conflict (org_id, emitter_id) do update
  set head = greatest(head_row.head + (excluded.head - $3::bigint * 1024 + 1), excluded.head)
  returning org_id, emitter_id, head)`;
const PLACED = `placed as materialized (
  select number, org_id, emitter_id, head - distance as event_id, channel, emit_id, deliver_at_ms, direct_listener_id, metadata, payload
  from (select a[2]::int as number, a[3]::bigint as distance, a[4] as org_id, a[5] as emitter_id,
      coalesce(a[6], '') as channel, a[7] as emit_id, a[8]::bigint as deliver_at_ms, a[9] as direct_listener_id, a[10] as metadata, a[11] as payload
    from ${linesOf("@")} where (select ok from fresh) and (a[1] is null or a[1]::bigint in (select key from held))) as draft
  join heads using (org_id, emitter_id)),
stored as (
  insert into events (org_id, emitter_id, channel, event_id, emit_id, payload, metadata)
  select org_id, emitter_id, channel, event_id, emit_id, payload, metadata from placed where deliver_at_ms is null),
delayed as (
  insert into scheduled_emits (org_id, emitter_id, event_id, channel, emit_id, payload, metadata, deliver_at_ms, direct_listener_id)
  select org_id, emitter_id, event_id, channel, emit_id, payload, metadata, deliver_at_ms, direct_listener_id
  from placed where deliver_at_ms is not null)`;
const DELIVERIES = `owed as (
  insert into deliveries (delivery_id, org_id, listener_id, emitter_id, channel, event_id, due_at_ms, created_at_ms, node_id, epoch, in_lane)
  select line.delivery_id, org_id, line.listener_id, emitter_id, channel, event_id, $3::bigint, $3::bigint,
    case when line.claimed is not null then $1::text end, case when line.claimed is not null then $2::bigint end,
    line.in_lane is not null
  from (select a[1]::int as number, a[2]::bigint as delivery_id, a[3] as listener_id, a[4] as claimed, a[5] as in_lane from ${linesOf("@")}) as line
  join placed using (number))`;
const SOURCE_RUNS = `recorded_runs as (
  insert into source_runs (org_id, source_id, run_id, started_at_ms, ended_at_ms, deployment_id, cause, status, attempt,
    trigger_emitter_id, trigger_channel, trigger_event_id, emit_count, logs, error)
  select a[2], a[3], a[4], a[5]::bigint, a[6]::bigint, a[7], a[8], a[9], a[10]::int,
    a[11], case when a[11] is not null then coalesce(a[12], '') end, a[13]::bigint, a[14]::int, a[15], a[16]
  from ${linesOf("@")} where (select ok from fresh) and (a[1] is null or a[1]::bigint in (select key from held)))`;
const WEBHOOK_DELIVERIES = `recorded_deliveries as (
  insert into webhook_deliveries (org_id, webhook_id, webhook_delivery_id, emitter_id, channel, event_id, status, attempts,
    response_status, error, started_at_ms, ended_at_ms)
  select a[2], a[3], a[4], a[5], coalesce(a[6], ''), a[7]::bigint, a[8], a[9]::int, a[10]::int, a[11], a[12]::bigint, a[13]::bigint
  from ${linesOf("@")} where (select ok from fresh) and (a[1] is null or a[1]::bigint in (select key from held)))`;
const DB_WRITES = `db_lines as materialized (
  select distinct on (a[3], a[4], a[5]) a[3] as org_id, a[4] as source_id, coalesce(a[5], '') as key, a[6] as value
  from ${linesOf("@")} where (select ok from fresh) and (a[1] is null or a[1]::bigint in (select key from held))
  order by a[3], a[4], a[5], a[2]::int desc),
db_put as (
  insert into source_db (org_id, source_id, key, value)
  select org_id, source_id, key, value from db_lines where value is not null
  on conflict (org_id, source_id, key) do update set value = excluded.value),
db_dropped as (
  delete from source_db using db_lines
  where source_db.org_id = db_lines.org_id and source_db.source_id = db_lines.source_id
    and source_db.key = db_lines.key and db_lines.value is null)`;
const DEDUPE_MEMORIES = `remembered as (
  insert into dedupe_memory (org_id, source_id, channel, memory)
  select a[1], a[2], coalesce(a[3], ''), a[4] from ${linesOf("@")} where (select ok from fresh)
  on conflict (org_id, source_id, channel) do update set memory = excluded.memory)`;
// The rows of this node alone: no other commit waits for them.
const USAGE = `counted as (
  insert into usage_days as known (org_id, day, node_id, credits, compute_ms, workflow_segments, source_runs)
  select a[2], a[3], $1::text, sum(a[4]::bigint), sum(a[5]::bigint),
    count(*) filter (where a[6] = 'workflow'), count(*) filter (where a[6] = 'source')
  from ${linesOf("@")} where (select ok from fresh) and (a[1] is null or a[1]::bigint in (select key from held))
  group by a[2], a[3]
  on conflict (org_id, day, node_id) do update set credits = known.credits + excluded.credits,
    compute_ms = known.compute_ms + excluded.compute_ms,
    workflow_segments = known.workflow_segments + excluded.workflow_segments,
    source_runs = known.source_runs + excluded.source_runs)`;

const KEY_SOURCES = ["completed", "rescheduled", "kept", "due", "ticked"] as const;
const PARTS: readonly (readonly [keyof UnitRows, string])[] = [
  ["heads", HEADS],
  ["drafts", PLACED],
  ["deliveries", DELIVERIES],
  ["sourceRuns", SOURCE_RUNS],
  ["webhookDeliveries", WEBHOOK_DELIVERIES],
  ["workflowRuns", WORKFLOW_RUNS],
  ["workflowSteps", WORKFLOW_STEPS],
  ["dbWrites", DB_WRITES],
  ["dedupeMemories", DEDUPE_MEMORIES],
  ["usage", USAGE],
];
const KEY_PARTS: Record<(typeof KEY_SOURCES)[number], string> = {
  completed: COMPLETED,
  rescheduled: RESCHEDULED,
  kept: KEPT,
  due: DUE,
  ticked: TICKED,
};

interface Statement {
  name: string;
  text: string;
  parts: readonly (keyof UnitRows)[];
}

const ORDER: readonly (keyof UnitRows)[] = ["versions", ...KEY_SOURCES, ...PARTS.map(([part]) => part)];
const statements = new Map<number, Statement>();

/** Writes the rows in one statement: all of them, except those whose key is no longer held. */
export async function writeUnits(client: pg.ClientBase, rows: UnitRows, context: WriteContext): Promise<WriteResult> {
  const mask = ORDER.reduce((bits, part, index) => (rows[part].count > 0 ? bits | (1 << index) : bits), 1);
  let statement = statements.get(mask);
  if (!statement) statements.set(mask, (statement = compose(mask)));
  const values = [context.nodeId, context.epoch, context.nowMs, ...statement.parts.map((part) => rows[part].text)];
  const result = await client.query<ResultRow>({ name: statement.name, text: statement.text, values });
  return readResult(result.rows[0]);
}

interface ResultRow {
  ok: boolean;
  keys: string | null;
  heads: string | null;
}

function compose(mask: number): Statement {
  const parts = ORDER.filter((_, index) => mask & (1 << index));
  const fill = (part: keyof UnitRows, text: string): string =>
    text.replace("@", () => `$${parts.indexOf(part) + 4}::text`);
  const keys = KEY_SOURCES.filter((part) => parts.includes(part));
  const ctes = [fill("versions", FRESH), ...keys.map((part) => fill(part, KEY_PARTS[part]))];
  const held = keys.map((part) => `select key from ${part}`).join(" union all ");
  ctes.push(`held as materialized (${held || "select null::bigint as key where false"})`);
  for (const [part, text] of PARTS) {
    if (part === "workflowRuns" && !parts.includes("drafts")) ctes.push(NOTHING_PLACED);
    if (parts.includes(part)) ctes.push(fill(part, text));
  }
  const heads = parts.includes("heads")
    ? `(select string_agg(org_id || ' ' || emitter_id || ' ' || head, E'\\n') from heads)`
    : "null";
  const text = `with ${ctes.join(",\n")}
select (select ok from fresh) as ok, (select string_agg(key::text, ',') from held) as keys, ${heads} as heads,
  $1::text, $2::bigint, $3::bigint`;
  return { name: `commit_${mask}`, text, parts };
}

function readResult(row: ResultRow | undefined): WriteResult {
  const heads = new Map<string, number>();
  for (const line of row?.heads?.split("\n") ?? []) {
    const end = line.lastIndexOf(" ");
    heads.set(line.slice(0, end), Number(line.slice(end + 1)));
  }
  return { isFresh: row?.ok ?? false, heldKeys: new Set(row?.keys?.split(",").map(Number)), heads };
}
