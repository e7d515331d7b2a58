import { invalidInput, newKsuid, runIdOf, type Page, type PageRequest } from "../../core/index.ts";
import type { Database } from "../../db/index.ts";
import type { AppendedEvent, EventDraft, EventLog } from "../../events/index.ts";
import { TRIGGER_CHANNEL } from "../../sources/index.ts";
import { stepsBefore } from "./kept-steps.ts";
import type { WorkflowDefinitions } from "./ports.ts";
import type { RunCancellation } from "./run-cancellation.ts";
import { REPLAY_CHANNEL, triggerKindOf, type ReplayPayload } from "./run-info.ts";
import { runConflict, RunReader, type RunFilter } from "./run-reader.ts";
import { summaryReply, type RunReply, type RunSummaryReply } from "./run-reply.ts";
import { stateOf, type RunRow } from "./run-rows.ts";

export interface RunsOptions {
  db: Database;
  log: Pick<EventLog, "append">;
  definitions: WorkflowDefinitions;
  cancellation: RunCancellation;
}

const MAX_REPLAYED_AT_ONCE = 1_000;
const CANCEL_ATTEMPTS = 20;
const CANCEL_PAUSE_MS = 50;
const REFUSABLE = { mayBeRefused: true } as const;

/** Runs of workflows as people ask for them: starting, looking, replaying, cancelling. */
export class Runs {
  readonly #options: RunsOptions;
  readonly #reader: RunReader;

  constructor(options: RunsOptions) {
    this.#options = options;
    this.#reader = new RunReader(options);
  }

  /** Runs a workflow with an event. @throws ApiError 404, 409 when it is not active, 429 when its queue is full */
  async start(orgIds: readonly string[], workflowId: string, event: unknown): Promise<RunSummaryReply> {
    const orgId = await this.#reader.orgOf(orgIds, workflowId);
    await this.#activeVersion({ orgId, workflowId });
    const payload = JSON.stringify(event ?? {});
    const draft = { orgId, emitterId: workflowId, channel: TRIGGER_CHANNEL, payload, directListenerId: workflowId };
    const [appended] = await this.#options.log.append([{ ...draft, emitId: newKsuid(Date.now()) }], REFUSABLE);
    return summaryReply(queuedRow({ workflowId, appended }));
  }

  list(
    orgIds: readonly string[],
    workflowId: string,
    how: { filter: RunFilter; page: PageRequest },
  ): Promise<Page<RunSummaryReply>> {
    return this.#reader.list(orgIds, workflowId, how);
  }

  listOfWorkspace(orgId: string, how: { filter: RunFilter; page: PageRequest }): Promise<Page<RunSummaryReply>> {
    return this.#reader.listOfWorkspace(orgId, how);
  }

  get(orgIds: readonly string[], runId: string): Promise<RunReply> {
    return this.#reader.get(orgIds, runId);
  }

  /**
   * Runs the newest version with the event of a run that has ended.
   * @throws ApiError 404; 400 when the version has no such step; 409 when the run has not ended, its event is gone or the
   * workflow is not active; 429 when its queue is full
   */
  async replay(orgIds: readonly string[], runId: string, fromStep: string | undefined): Promise<RunSummaryReply> {
    const row = await this.#reader.find(orgIds, runId);
    if (row.ended_at_ms === null) throw runConflict(`The run ${runId} has not ended`);
    const of = { orgId: row.org_id, workflowId: row.workflow_id };
    const version = await this.#activeVersion(of);
    if (fromStep !== undefined && !stepsBefore(version.steps, fromStep)) {
      throw invalidInput([{ path: "from_step", message: "is not a step of the newest version" }]);
    }
    const draft = await this.#replayDraft(row, fromStep ?? null);
    if (!draft) throw runConflict(`The event of the run ${runId} was deleted`);
    const [appended] = await this.#options.log.append([draft], REFUSABLE);
    return summaryReply(queuedRow({ workflowId: row.workflow_id, appended, replayed: row }));
  }

  /** Replays what a filter finds, in the original order: all, or none when its queue has no room. @throws ApiError 400, 404, 409, 429 */
  async replayAll(orgIds: readonly string[], workflowId: string, filter: RunFilter): Promise<string[]> {
    const orgId = await this.#reader.orgOf(orgIds, workflowId);
    await this.#activeVersion({ orgId, workflowId });
    const rows = await this.#reader.all({ orgId, workflowId }, { filter, limit: MAX_REPLAYED_AT_ONCE });
    const drafts: EventDraft[] = [];
    for (const row of rows) {
      const draft = row.ended_at_ms === null ? null : await this.#replayDraft(row, null);
      if (draft) drafts.push(draft);
    }
    const appended = await this.#options.log.append(drafts, REFUSABLE);
    return appended.map(({ emitId }) => runIdOf({ emitId, workflowId }));
  }

  /** @throws ApiError 404, 409 when it has ended */
  async cancel(orgIds: readonly string[], runId: string): Promise<RunSummaryReply> {
    for (let attempt = 0; attempt < CANCEL_ATTEMPTS; attempt++) {
      const row = await this.#reader.find(orgIds, runId);
      if (row.ended_at_ms !== null) throw runConflict(`The run ${runId} has ended`);
      if (await this.#options.cancellation.cancel(row)) return summaryReply(await this.#reader.find(orgIds, runId));
      // It moves between two states just now.
      await new Promise((resolve) => setTimeout(resolve, CANCEL_PAUSE_MS));
    }
    throw runConflict(`The run ${runId} could not be stopped; try again`);
  }

  async #activeVersion(of: { orgId: string; workflowId: string }) {
    const current = await this.#options.definitions.current(of);
    const version = current?.isActive
      ? await this.#options.definitions.loadVersion(of.orgId, current.deploymentId)
      : null;
    if (!version) throw runConflict(`The workflow ${of.workflowId} is not active`);
    return version;
  }

  async #replayDraft(row: RunRow, fromStep: string | null): Promise<EventDraft | null> {
    const event = await this.#reader.eventOf(row);
    if (event === null) return null;
    const head: Omit<ReplayPayload, "event"> = {
      run_id: row.run_id,
      from_step: fromStep,
      trace_id: row.trace_id,
      trigger: {
        kind: row.trigger_kind ?? "workflow",
        emitter_id: row.trigger_emitter_id,
        channel: row.trigger_channel,
        event_id: row.trigger_event_id,
        created_at_ms: stateOf(row).trigger?.createdAtMs ?? row.started_at_ms,
      },
    };
    const payload = `${JSON.stringify(head).slice(0, -1)},"event":${event}}`;
    const { org_id: orgId, workflow_id: workflowId } = row;
    return { orgId, emitterId: workflowId, channel: REPLAY_CHANNEL, payload, directListenerId: workflowId };
  }
}

/** A run that has just been written down. */
function queuedRow(of: { workflowId: string; appended: AppendedEvent | undefined; replayed?: RunRow }): RunRow {
  const { workflowId, appended, replayed } = of;
  if (!appended) throw new Error("An event was not appended");
  const { orgId, emitterId, channel, eventId, emitId } = appended;
  return {
    org_id: orgId,
    workflow_id: workflowId,
    run_id: runIdOf({ emitId, workflowId }),
    trace_id: replayed?.trace_id ?? emitId,
    deployment_id: null,
    status: "queued",
    trigger_kind: replayed?.trigger_kind ?? triggerKindOf({ emitterId, channel }),
    trigger_emitter_id: replayed?.trigger_emitter_id ?? emitterId,
    trigger_channel: replayed?.trigger_channel ?? channel,
    trigger_event_id: replayed?.trigger_event_id ?? eventId,
    replay_of: replayed?.run_id ?? null,
    state: null,
    error: null,
    started_at_ms: Date.now(),
    ended_at_ms: null,
    delivery_id: null,
    pending_event_id: null,
    destinations: null,
  };
}
