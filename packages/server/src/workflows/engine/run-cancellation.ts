import type { Database } from "../../db/index.ts";
import type { EventLog } from "../../events/index.ts";
import type { Responders } from "../../sources/index.ts";
import { TAKEN_AWAY_TOPIC } from "./engine.ts";
import { runOfRow, type RunRow } from "./run-rows.ts";
import { ENDED_STATE } from "./run-state.ts";
import { cancelledRecord } from "./segment-end.ts";

export interface RunCancellationOptions {
  db: Database;
  log: Pick<EventLog, "commit">;
  responders: Pick<Responders, "settleHere">;
}

// The delivery is the run's claim: whoever removes it ends the run. A run at work finds that out at its next record.
const TAKE_AWAY = `
with taken as (
  delete from deliveries where org_id = $1 and listener_id = $2 and delivery_id = $3 returning delivery_id)
insert into workflow_runs as known (org_id, workflow_id, run_id, trace_id, deployment_id, status, trigger_kind,
  trigger_emitter_id, trigger_channel, trigger_event_id, replay_of, started_at_ms, ended_at_ms)
select $1, $2, $4, $5, $6, 'cancelled', $7, $8, $9, $10, $11, $12, $13 from taken
on conflict (org_id, workflow_id, run_id) do update
set status = excluded.status, state = ${ENDED_STATE}, ended_at_ms = excluded.ended_at_ms, delivery_id = null, pending_event_id = null
where known.ended_at_ms is null
returning run_id`;

const RESUMING = `
select delivery_id from deliveries join events using (org_id, emitter_id, channel, event_id)
where org_id = $1 and listener_id = $2 and emitter_id = $2 and channel = '$resume' and starts_with(payload, $3)`;

/** Ends runs at somebody's wish, wherever they are. */
export class RunCancellation {
  readonly #options: RunCancellationOptions;

  constructor(options: RunCancellationOptions) {
    this.#options = options;
  }

  /** False: the run has moved on meanwhile; look again. @throws ApiError `unavailable` */
  async cancel(row: RunRow): Promise<boolean> {
    if (row.status === "paused") return this.#cancelPaused(row);
    const deliveryId = row.delivery_id ?? (await this.#resumingDelivery(row));
    return deliveryId !== null && this.#takeAway(row, deliveryId);
  }

  async #cancelPaused(row: RunRow): Promise<boolean> {
    if (row.pending_event_id === null) return false;
    const { org_id: orgId, workflow_id: workflowId } = row;
    const { held } = await this.#options.log.commit({
      scheduledEmit: { orgId, emitterId: workflowId, eventId: row.pending_event_id },
      workflowRun: cancelledRecord(runOfRow(row, { event: "null", createdAtMs: row.started_at_ms }), null),
    });
    return held;
  }

  async #resumingDelivery(row: RunRow): Promise<number | null> {
    const begin = JSON.stringify({ run_id: row.run_id }).slice(0, -1);
    const { rows } = await this.#options.db.query<{ delivery_id: number }>(RESUMING, [
      row.org_id,
      row.workflow_id,
      begin,
    ]);
    return rows[0]?.delivery_id ?? null;
  }

  async #takeAway(row: RunRow, deliveryId: number): Promise<boolean> {
    const { rows } = await this.#options.db.query(TAKE_AWAY, [
      row.org_id,
      row.workflow_id,
      deliveryId,
      row.run_id,
      row.trace_id,
      row.deployment_id ?? "",
      row.trigger_kind ?? "workflow",
      row.trigger_emitter_id,
      row.trigger_channel,
      row.trigger_event_id,
      row.replay_of,
      row.started_at_ms,
      Date.now(),
    ]);
    if (rows.length === 0) return false;
    await this.#options.db.notify(TAKEN_AWAY_TOPIC, deliveryId);
    this.#options.responders.settleHere(row.trace_id, { kind: "ended" });
    return true;
  }
}
