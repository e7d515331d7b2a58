import { setTimeout as delay } from "node:timers/promises";
import type { Database } from "../../db/index.ts";
import type { EventLog } from "../../events/index.ts";
import { resumeDraft } from "./run-events.ts";
import { findRunRow, isQueued, runOfRow, stateOf, type RunRow } from "./run-rows.ts";
import { cancelledRecord } from "./segment-end.ts";
import type { WaitPurpose, WaitTarget, WaitUrls } from "./wait-urls.ts";

export type CallbackOutcome = "accepted" | "gone";

export interface CallbackCallsOptions {
  db: Database;
  log: Pick<EventLog, "commit">;
  urls: WaitUrls;
  onError(error: unknown): void;
}

interface Callback {
  readonly target: WaitTarget;
  readonly purpose: WaitPurpose;
  /** JSON text. */
  readonly request: string;
}

/** How a run stands to one of its waits. */
type Standing =
  | { readonly kind: "waiting"; readonly row: RunRow }
  /** Its step, or another branch, is at work still. */
  | { readonly kind: "at_work" }
  | { readonly kind: "gone" };

const MAX_SEGMENT_MS = 3_600_000;
const SETTLE_ATTEMPTS = 10;
const SETTLE_PAUSE_MS = 30;
const FIRST_POLL_MS = 50;
const MAX_POLL_MS = 2_000;
const LEFT_OVER_AFTER_MS = 3_000;
const BATCH = 500;
const FORGET_ENDED = `
delete from workflow_callbacks using workflow_runs as run
where workflow_callbacks.created_at_ms < $1 and run.org_id = workflow_callbacks.org_id
  and run.workflow_id = workflow_callbacks.workflow_id and run.run_id = workflow_callbacks.run_id
  and run.ended_at_ms is not null`;

/**
 * Calls of the URLs that resume and cancel runs. A call is kept first, which only the first of a wait can be; it takes
 * effect by taking the run's pending emit, so at most one thing ends a wait. A call that comes before its step has ended
 * takes effect when the run pauses.
 */
export class CallbackCalls {
  readonly #options: CallbackCallsOptions;
  readonly #stopping = new AbortController();

  constructor(options: CallbackCallsOptions) {
    this.#options = options;
  }

  stop(): void {
    this.#stopping.abort();
  }

  /** @throws ApiError `unavailable` when the database is away: nothing was accepted then, as far as is known */
  async call(purpose: WaitPurpose, token: string, request: string): Promise<CallbackOutcome> {
    const target = this.#options.urls.read(purpose, token);
    if (!target || (await this.#standing(target)).kind === "gone") return "gone";
    const callback = { target, purpose, request };
    if (!(await this.#keep(callback))) return "gone";
    const settled = await this.#settle(callback);
    if (settled === null) void this.#watch(callback).catch(this.#options.onError);
    return settled ?? "accepted";
  }

  /** One round over what a node that died left; what has had its effect is forgotten. */
  async tick(nowMs: number): Promise<void> {
    const untilMs = nowMs - LEFT_OVER_AFTER_MS;
    await this.#options.db.query(FORGET_ENDED, [untilMs]);
    const { rows } = await this.#options.db.query<{
      org_id: string;
      workflow_id: string;
      run_id: string;
      wait: string;
      purpose: WaitPurpose;
      request: string;
    }>(`select * from workflow_callbacks where created_at_ms < $1 order by created_at_ms limit ${BATCH}`, [untilMs]);
    for (const row of rows) {
      const target = {
        orgId: row.org_id,
        workflowId: row.workflow_id,
        runId: row.run_id,
        wait: row.wait,
      };
      await this.#attempt({ target, purpose: row.purpose, request: row.request });
    }
  }

  async #keep({ target, purpose, request }: Callback): Promise<boolean> {
    const { rowCount } = await this.#options.db.query(
      `insert into workflow_callbacks (org_id, workflow_id, run_id, wait, purpose, request, created_at_ms)
       values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing`,
      [target.orgId, target.workflowId, target.runId, target.wait, purpose, request, Date.now()],
    );
    return rowCount === 1;
  }

  /** Null: not yet, its step is at work. */
  async #settle(callback: Callback): Promise<CallbackOutcome | null> {
    for (let attempt = 0; attempt < SETTLE_ATTEMPTS; attempt++) {
      const outcome = await this.#attempt(callback);
      if (outcome === "at_work") return null;
      if (outcome !== "missed") return outcome;
      // Its time has come just now, or another wait of the run has ended: what becomes of it is seen in a moment.
      await delay(SETTLE_PAUSE_MS);
    }
    return null;
  }

  async #attempt(callback: Callback): Promise<CallbackOutcome | "at_work" | "missed"> {
    const standing = await this.#standing(callback.target);
    if (standing.kind === "at_work") return "at_work";
    if (standing.kind === "gone") {
      await this.#forget(callback.target);
      return "gone";
    }
    return (await this.#apply(standing.row, callback)) ? "accepted" : "missed";
  }

  async #apply(row: RunRow, { target, purpose, request }: Callback): Promise<boolean> {
    const { orgId, workflowId, runId, wait } = target;
    if (row.pending_event_id === null) return false;
    const scheduledEmit = { orgId, emitterId: workflowId, eventId: row.pending_event_id };
    const run = runOfRow(row, { event: "null", createdAtMs: row.started_at_ms });
    const unit =
      purpose === "cancel"
        ? { scheduledEmit, workflowRun: cancelledRecord(run, null) }
        : {
            scheduledEmit,
            events: [resumeDraft(run, { run_id: runId, wait, request: JSON.parse(request) as unknown })],
          };
    const { held } = await this.#options.log.commit(unit);
    return held;
  }

  async #standing(target: WaitTarget): Promise<Standing> {
    const row = await this.#rowOf(target);
    if (row === "queued") return { kind: "at_work" };
    if (row === null) return { kind: "gone" };
    if (row.ended_at_ms !== null) return { kind: "gone" };
    const isWaiting = stateOf(row).waits.some(({ id }) => id === target.wait);
    if (isWaiting) return row.status === "paused" ? { kind: "waiting", row } : { kind: "at_work" };
    const split = target.wait.lastIndexOf("!");
    const { rows } = await this.#options.db.query<{ attempt: number; status: string }>(
      "select attempt, status from workflow_steps where org_id = $1 and run_id = $2 and key = $3 order by ordinal desc limit 1",
      [target.orgId, target.runId, target.wait.slice(0, split)],
    );
    const latest = rows[0];
    const attempt = Number(target.wait.slice(split + 1));
    if (!latest || latest.attempt < attempt) return { kind: "at_work" };
    const isPausing = latest.attempt === attempt && latest.status === "paused" && row.status === "running";
    return { kind: isPausing ? "at_work" : "gone" };
  }

  async #rowOf(target: WaitTarget): Promise<RunRow | "queued" | null> {
    const { db } = this.#options;
    const row = await findRunRow(db, target);
    if (row) return row;
    // It may be recorded between the two looks.
    return (await isQueued(db, target)) ? "queued" : findRunRow(db, target);
  }

  async #forget(target: WaitTarget): Promise<void> {
    await this.#options.db.query("delete from workflow_callbacks where org_id = $1 and run_id = $2 and wait = $3", [
      target.orgId,
      target.runId,
      target.wait,
    ]);
  }

  async #watch(callback: Callback): Promise<void> {
    const endMs = Date.now() + MAX_SEGMENT_MS;
    const { signal } = this.#stopping;
    for (let pollMs = FIRST_POLL_MS; Date.now() < endMs; pollMs = Math.min(2 * pollMs, MAX_POLL_MS)) {
      await delay(pollMs, undefined, { signal, ref: false }).catch(() => {});
      if (signal.aborted) return;
      const outcome = await this.#attempt(callback);
      if (outcome === "accepted" || outcome === "gone") return;
    }
  }
}
