import type { Database } from "../../db/index.ts";
import type { ClaimedDelivery } from "../../events/index.ts";
import type { LoadedVersion } from "../definition/index.ts";
import type { StepDraft } from "./journal.ts";
import { keptRecords, stepsBefore } from "./kept-steps.ts";
import type { WorkflowDefinitions } from "./ports.ts";
import { RecordedSteps } from "./recorded-steps.ts";
import { newRun, REPLAY_CHANNEL, RESUME_CHANNEL, type ReplayPayload, type RunInfo } from "./run-info.ts";
import { findRunRow, loadSteps, runOfRow, stateOf, type RunRow } from "./run-rows.ts";
import { NEW_STATE, resolveWaits, type ResumePayload, type RunState } from "./run-state.ts";

/** A run with what one more execution of it begins with. */
export interface SegmentStart {
  readonly kind: "start";
  readonly run: RunInfo;
  readonly version: LoadedVersion;
  readonly recorded: RecordedSteps;
  readonly kept: readonly StepDraft[];
  readonly state: RunState;
  readonly requests: ReadonlyMap<string, unknown>;
}
/** A run that ends without another execution. */
export interface SegmentRefusal {
  readonly kind: "cancel";
  readonly run: RunInfo;
  readonly message: string | null;
}

export interface SegmentStartsOptions {
  db: Database;
  definitions: WorkflowDefinitions;
}

const DELETED = "The workflow was deleted before the run ended";

/** Finds out what a delivery to a workflow begins or goes on with. */
export class SegmentStarts {
  readonly #db: Database;
  readonly #definitions: WorkflowDefinitions;

  constructor(options: SegmentStartsOptions) {
    this.#db = options.db;
    this.#definitions = options.definitions;
  }

  /** Null: there is nothing to do. @throws ApiError `unavailable` when the database is away */
  find(delivery: ClaimedDelivery): Promise<SegmentStart | SegmentRefusal | null> {
    return delivery.channel === RESUME_CHANNEL ? this.#resumed(delivery) : this.#triggered(delivery);
  }

  async #triggered(delivery: ClaimedDelivery): Promise<SegmentStart | SegmentRefusal | null> {
    const { orgId, listenerId: workflowId } = delivery;
    const { runId, trigger } = newRun(delivery, "");
    const row = delivery.isFirst ? null : await findRunRow(this.#db, { orgId, workflowId, runId });
    if (row) return this.#goneOnWith(row, trigger);
    const current = await this.#definitions.current({ orgId, workflowId });
    if (!current?.isActive) return null;
    const version = await this.#definitions.loadVersion(orgId, current.deploymentId);
    if (!version) return null;
    const run = newRun(delivery, current.deploymentId);
    const kept = delivery.channel === REPLAY_CHANNEL ? await this.#kept(delivery, { run, version }) : [];
    const recorded = new RecordedSteps();
    return { kind: "start", run, version, recorded, kept, state: NEW_STATE, requests: new Map() };
  }

  /** Another process had begun it. */
  async #goneOnWith(
    row: RunRow,
    trigger: { event: string; createdAtMs: number },
  ): Promise<SegmentStart | SegmentRefusal | null> {
    if (row.ended_at_ms !== null) return null;
    return this.#start(runOfRow(row, trigger), { state: stateOf(row), requests: new Map() });
  }

  async #resumed(delivery: ClaimedDelivery): Promise<SegmentStart | SegmentRefusal | null> {
    const { orgId, listenerId: workflowId } = delivery;
    const payload = JSON.parse(delivery.payload) as ResumePayload;
    const row = await findRunRow(this.#db, { orgId, workflowId, runId: payload.run_id });
    if (!row || row.ended_at_ms !== null) return null;
    const run = runOfRow(row, { event: "null", createdAtMs: row.started_at_ms });
    const state = stateOf(row);
    const { resolved, left } = resolveWaits(state.waits, payload);
    const isTimeUp = payload.wait === undefined && resolved.some((wait) => wait.kind === "suspend");
    if (isTimeUp) return { kind: "cancel", run, message: null };
    const requests = new Map(payload.wait === undefined ? [] : [[payload.wait, payload.request]]);
    return this.#start(run, { state: { ...state, waits: left }, requests });
  }

  async #start(
    run: RunInfo,
    part: Pick<SegmentStart, "state" | "requests">,
  ): Promise<SegmentStart | SegmentRefusal | null> {
    const version = await this.#definitions.loadVersion(run.orgId, run.deploymentId);
    if (!version) return { kind: "cancel", run, message: DELETED };
    const recorded = new RecordedSteps(await loadSteps(this.#db, run));
    return { kind: "start", run, version, recorded, kept: [], ...part };
  }

  async #kept(
    delivery: ClaimedDelivery,
    { run, version }: { run: RunInfo; version: LoadedVersion },
  ): Promise<StepDraft[]> {
    const { run_id: runId, from_step: fromStep } = JSON.parse(delivery.payload) as ReplayPayload;
    const found = fromStep === null ? null : stepsBefore(version.steps, fromStep);
    if (!found) return [];
    return keptRecords(await loadSteps(this.#db, { orgId: run.orgId, runId }), { found, runId: run.runId });
  }
}
