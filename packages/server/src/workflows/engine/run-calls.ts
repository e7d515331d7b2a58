import { setTimeout as delay } from "node:timers/promises";
import type { CallMethod, Json } from "@millrace/runner";
import { runIdOf } from "../../core/index.ts";
import type { Database } from "../../db/index.ts";
import type { EventLog } from "../../events/index.ts";
import { TRIGGER_CHANNEL } from "../../sources/index.ts";
import type { CodeStep, LoadedVersion } from "../definition/index.ts";
import type { StepCalls, WorkflowDefinitions } from "./ports.ts";
import { RecordedSteps } from "./recorded-steps.ts";
import type { RunInfo } from "./run-info.ts";
import { findRunRow, loadSteps } from "./run-rows.ts";
import { exportsText } from "./scope.ts";

export interface RunCallsOptions {
  db: Database;
  log: Pick<EventLog, "commit">;
  definitions: WorkflowDefinitions;
  calls: StepCalls;
}

/** Where a call comes from. */
export interface Calling {
  readonly step: CodeStep;
  readonly deadlineMs: number;
  readonly run: RunInfo;
  readonly version: LoadedVersion;
}

const FIRST_POLL_MS = 20;
const MAX_POLL_MS = 500;

/** What code asks of the engine while it runs; everything else goes to those who know. Rejections reach the code. */
export class RunCalls {
  readonly #options: RunCallsOptions;

  constructor(options: RunCallsOptions) {
    this.#options = options;
  }

  async answer(from: Calling, call: { method: CallMethod; params: Json }): Promise<Json> {
    if (call.method === "flow.refreshTimeout") return { deadlineMs: from.deadlineMs };
    if (call.method === "flow.trigger") return this.#trigger(from, call.params);
    const { orgId, workflowId } = from.run;
    const { projectId } = from.version;
    return this.#options.calls.call({ orgId, workflowId, projectId, step: from.step }, call.method, call.params);
  }

  /** Runs another workflow of the workspace and waits for its result. */
  async #trigger(from: Calling, params: Json): Promise<Json> {
    const asked = typeof params === "object" && params !== null && !Array.isArray(params) ? params : {};
    const { workflowId, event, resultType } = asked;
    const { orgId } = from.run;
    if (typeof workflowId !== "string") throw new TypeError("$.flow.trigger takes the id of a workflow");
    const current = await this.#options.definitions.current({ orgId, workflowId });
    if (!current?.isActive) throw new Error(`There is no active workflow ${workflowId}`);
    const draft = { orgId, emitterId: from.run.workflowId, channel: TRIGGER_CHANNEL, directListenerId: workflowId };
    const { events } = await this.#options.log.commit({
      events: [{ ...draft, payload: JSON.stringify(event ?? null) }],
      mayBeRefused: true,
    });
    const runId = runIdOf({ emitId: events[0]?.emitId ?? "", workflowId });
    await this.#ended({ orgId, workflowId, runId }, from.deadlineMs);
    return this.#result({ orgId, runId }, resultType === "all_exports");
  }

  async #ended(run: { orgId: string; workflowId: string; runId: string }, deadlineMs: number): Promise<void> {
    for (let pollMs = FIRST_POLL_MS; Date.now() < deadlineMs; pollMs = Math.min(2 * pollMs, MAX_POLL_MS)) {
      const row = await findRunRow(this.#options.db, run);
      if (row && row.ended_at_ms !== null) {
        if (row.status === "success") return;
        throw new Error(`The run ${run.runId} of ${run.workflowId} ended as ${row.status}`);
      }
      await delay(pollMs);
    }
    throw new Error(`The run ${run.runId} of ${run.workflowId} did not end in time`);
  }

  /** Of the steps outside blocks. */
  async #result(run: { orgId: string; runId: string }, isWhole: boolean): Promise<Json> {
    const recorded = new RecordedSteps(await loadSteps(this.#options.db, run));
    const top = recorded.rows.filter((row) => row.kind !== "decision" && row.status === "success");
    const last = top.at(-1);
    if (!isWhole) return last?.returnValue ? (JSON.parse(last.returnValue) as Json) : null;
    const all = Object.fromEntries(top.map((row) => [row.namespace, JSON.parse(exportsText(row)) as Json]));
    return { ...all, $context: null };
  }
}
