import { ApiError, invalidInput, notFound, type PageRequest } from "../../core/index.ts";
import type { Database } from "../../db/index.ts";

/** One delivery as the log shows it: still owed, or ended. */
export interface WebhookLogRow {
  /** `d<number>` while owed, a KSUID when ended. */
  id: string;
  at_ms: number;
  status: "pending" | "success" | "dead";
  attempts: number;
  emitter_id: string;
  channel: string;
  event_id: number;
  response_status: number | null;
  error: string | null;
  created_at_ms: number | null;
  next_attempt_at_ms: number | null;
  ended_at_ms: number | null;
}

interface WebhookKey {
  orgId: string;
  webhookId: string;
}

const COUNT_LIMIT = 10_000;
const REDELIVER_LIMIT = 10_000;
const IDS_PER_BLOCK = 1_000;

// Both halves are limited before they are merged; the claimed ones are few: the slots of all nodes.
const PAGE = (order: "asc" | "desc"): string => `
select * from (
  (select 'd' || delivery_id as id, created_at_ms as at_ms, 'pending' as status, attempts, emitter_id, channel, event_id,
    null::int as response_status, last_error as error, created_at_ms, due_at_ms as next_attempt_at_ms, null::bigint as ended_at_ms
  from deliveries where org_id = $1 and listener_id = $2
    and ($3::bigint is null or (created_at_ms, 'd' || delivery_id) < ($3, $4))
    and ($5::bigint is null or (created_at_ms, 'd' || delivery_id) > ($5, $6))
  order by created_at_ms ${order}, 'd' || delivery_id ${order} limit $7)
  union all
  (select webhook_delivery_id, ended_at_ms, status, attempts, emitter_id, channel, event_id, response_status, error, null, null, ended_at_ms
  from webhook_deliveries where org_id = $1 and webhook_id = $2
    and ($3::bigint is null or (ended_at_ms, webhook_delivery_id) < ($3, $4))
    and ($5::bigint is null or (ended_at_ms, webhook_delivery_id) > ($5, $6))
  order by ended_at_ms ${order}, webhook_delivery_id ${order} limit $7)) as log
order by at_ms ${order}, id ${order} limit $7`;

const COUNT = `
select (select count(*) from (select from deliveries where org_id = $1 and listener_id = $2 limit ${COUNT_LIMIT}) as owed)
  + (select count(*) from (select from webhook_deliveries where org_id = $1 and webhook_id = $2 limit ${COUNT_LIMIT}) as ended) as count`;

const RETRY_NOW = `
update deliveries set due_at_ms = least(due_at_ms, $4) where org_id = $1 and listener_id = $2 and delivery_id = $3`;

const ENDED_ONE = `
select org_id, emitter_id, channel, event_id from webhook_deliveries
where org_id = $1 and webhook_id = $2 and webhook_delivery_id = $3 limit 1`;

const ENDED_SINCE = `
select distinct org_id, emitter_id, channel, event_id from webhook_deliveries as dead
where org_id = $1 and webhook_id = $2 and ended_at_ms >= $3 and status = 'dead'
  and not exists (select from webhook_deliveries as later where later.org_id = dead.org_id
    and later.webhook_id = dead.webhook_id and later.ended_at_ms > dead.ended_at_ms and later.status = 'success'
    and later.emitter_id = dead.emitter_id and later.channel = dead.channel and later.event_id = dead.event_id)
  and not exists (select from deliveries as owed where owed.org_id = dead.org_id and owed.listener_id = dead.webhook_id
    and owed.emitter_id = dead.emitter_id and owed.channel = dead.channel and owed.event_id = dead.event_id)
limit ${REDELIVER_LIMIT}`;

/** Owes the events of `ended` once more; those deleted meanwhile are left out. */
function owe(ended: string, at: { nowMs: string }): string {
  return `
with ended as (${ended}),
again as (select ended.*, row_number() over (order by ended.event_id) - 1 as place
  from ended join events using (org_id, emitter_id, channel, event_id)),
blocks as materialized (select nextval('delivery_id_blocks') as block, number
  from generate_series(0, (select (count(*) - 1) / ${IDS_PER_BLOCK} from again)) as number)
insert into deliveries (delivery_id, org_id, listener_id, emitter_id, channel, event_id, due_at_ms, created_at_ms)
select block * ${IDS_PER_BLOCK} + place % ${IDS_PER_BLOCK}, org_id, $2, emitter_id, channel, event_id, ${at.nowMs}, ${at.nowMs}
from again join blocks on blocks.number = place / ${IDS_PER_BLOCK}`;
}

/** What became of a webhook's deliveries, and delivering again. */
export class WebhookLog {
  readonly #db: Database;
  readonly #onOwed: (dueAtMs: number) => void;

  constructor(options: { db: Database; onOwed(dueAtMs: number): void }) {
    this.#db = options.db;
    this.#onOwed = options.onOwed;
  }

  /** Newest first; `totalCount` stops counting ended ones at 10,000. @throws ApiError 400 for a bad cursor */
  async list(of: WebhookKey, page: PageRequest): Promise<{ rows: WebhookLogRow[]; totalCount: number }> {
    const after = boundary("after", page.afterId);
    const before = boundary("before", page.beforeId);
    const isBackwards = before !== null && after === null;
    const key = [of.orgId, of.webhookId];
    const cursors = [after?.atMs ?? null, after?.id ?? null, before?.atMs ?? null, before?.id ?? null];
    const [found, count] = await Promise.all([
      this.#db.query<WebhookLogRow>(PAGE(isBackwards ? "asc" : "desc"), [...key, ...cursors, page.limit]),
      this.#db.query<{ count: number }>(COUNT, key),
    ]);
    const rows = isBackwards ? found.rows.toReversed() : found.rows;
    return { rows, totalCount: count.rows[0]?.count ?? 0 };
  }

  /** The id that a row's cursor names. */
  static cursorIdOf(row: WebhookLogRow): string {
    return `${row.at_ms}.${row.id}`;
  }

  /**
   * Makes a pending delivery due now, or owes an ended one again.
   * @throws ApiError 404 for an unknown delivery, 409 when its event was deleted
   */
  async redeliver(of: WebhookKey, deliveryId: string): Promise<number> {
    const nowMs = Date.now();
    const pending = /^d(\d{1,15})$/.exec(deliveryId);
    if (pending) {
      const { rowCount } = await this.#db.query(RETRY_NOW, [of.orgId, of.webhookId, Number(pending[1]), nowMs]);
      if (rowCount === 0) throw notFound(`Delivery ${deliveryId}`);
    } else {
      const values = [of.orgId, of.webhookId, deliveryId];
      if ((await this.#db.query(ENDED_ONE, values)).rowCount === 0) throw notFound(`Delivery ${deliveryId}`);
      const { rowCount } = await this.#db.query(owe(ENDED_ONE, { nowMs: "$4::bigint" }), [...values, nowMs]);
      if (rowCount === 0) throw new ApiError("conflict", "The event of this delivery was deleted");
    }
    this.#onOwed(nowMs);
    return 1;
  }

  /** Owes all dead deliveries since then again, unless their event has arrived or is owed. Returns how many. */
  async redeliverSince(of: WebhookKey, sinceMs: number): Promise<number> {
    const nowMs = Date.now();
    const values = [of.orgId, of.webhookId, sinceMs, nowMs];
    const { rowCount } = await this.#db.query(owe(ENDED_SINCE, { nowMs: "$4::bigint" }), values);
    if (rowCount) this.#onOwed(nowMs);
    return rowCount ?? 0;
  }
}

function boundary(path: "after" | "before", id: string | null): { atMs: number; id: string } | null {
  if (id === null) return null;
  const match = /^(\d{1,15})\.([0-9A-Za-z]{1,30})$/.exec(id);
  if (!match) throw invalidInput([{ path, message: "is not a cursor" }]);
  return { atMs: Number(match[1]), id: match[2] ?? "" };
}
