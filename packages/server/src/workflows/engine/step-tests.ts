import type {
  CodeBundle,
  Deployment,
  HttpResponse,
  InvocationError,
  InvocationResult,
  JsonObject,
  RunnerHost,
} from "@millrace/runner";
import { ApiError, newKsuid, notFound } from "../../core/index.ts";
import type { Database } from "../../db/index.ts";
import { TRIGGER_CHANNEL } from "../../sources/index.ts";
import type { ChoiceBlock, CodeStep, EndStep, LoadedVersion, LoopBlock, ParallelBlock } from "../definition/index.ts";
import type { StepAccounts, StepCalls, VariableValues } from "./ports.ts";
import type { RunInfo } from "./run-info.ts";
import { RunReader } from "./run-reader.ts";
import { loadSteps, runOfRow, type RunRow } from "./run-rows.ts";
import { exportsText, Scope } from "./scope.ts";
import { segmentContext } from "./segment-context.ts";
import { failedResult, StepRunner } from "./step-runner.ts";

type Block = ChoiceBlock<unknown> | ParallelBlock<unknown> | LoopBlock<unknown> | EndStep;

/** A step of a draft and the workflow around it. */
export interface DraftedStep {
  readonly workflow: Omit<LoadedVersion, "deployment" | "steps">;
  readonly node: { readonly step: CodeStep; readonly bundle: CodeBundle | null } | Block;
  readonly before: ReadonlySet<string>;
}

export interface StepTestsOptions {
  db: Database;
  drafts: {
    draftStep(
      orgIds: readonly string[],
      workflowId: string,
      draft: { steps: readonly unknown[]; namespace: string },
    ): Promise<DraftedStep>;
  };
  sandbox: Pick<RunnerHost, "invoke" | "retire">;
  accounts: StepAccounts;
  variables: VariableValues;
  calls: StepCalls;
}

export interface StepTest {
  readonly steps: readonly unknown[];
  readonly namespace: string;
  readonly runId: string | undefined;
  /** Undefined: the run's. */
  readonly event: unknown;
  readonly exports: Readonly<Record<string, unknown>>;
}

export interface StepTestResult {
  readonly result: InvocationResult;
  /** What it would answer the caller. */
  readonly response: HttpResponse | null;
}

/** Tries single steps of drafts in the sandbox: no run is recorded, and nothing is sent. */
export class StepTests {
  readonly #options: StepTestsOptions;
  readonly #reader: RunReader;
  readonly #runner: StepRunner;

  constructor(options: StepTestsOptions) {
    this.#options = options;
    this.#reader = new RunReader(options);
    this.#runner = new StepRunner(options);
  }

  /**
   * Runs a step; its failure is in the result.
   * @throws ApiError 404 for the workflow or the run, 400 for what is wrong with the step, 422 for code that is none
   */
  async run(orgIds: readonly string[], workflowId: string, test: StepTest): Promise<StepTestResult> {
    const drafted = await this.#options.drafts.draftStep(orgIds, workflowId, test);
    const { workflow, node } = drafted;
    const version: LoadedVersion = { ...workflow, steps: [], deployment: deploymentOf(drafted) };
    const seen = await this.#seenBy(drafted, test);
    try {
      if ("step" in node) return await this.#runStep(node.step, { version, ...seen });
      return { result: await this.#runBlock(node, { version, ...seen }), response: null };
    } finally {
      this.#options.sandbox.retire(version.deployment.id);
    }
  }

  async #runStep(
    step: CodeStep,
    { version, steps, context }: { version: LoadedVersion; steps: string; context: JsonObject },
  ): Promise<StepTestResult> {
    let response: HttpResponse | null = null;
    const { orgId, workflowId, projectId, settings } = version;
    const result = await this.#runner.invoke({
      ...{ version, step, steps, flowUrls: null, timeoutMs: settings.timeoutMs },
      context: { ...context, run: { runs: 1 } },
      listener: {
        respond: (answer) => {
          response = answer;
        },
        call: async (method, params) => {
          if (method === "flow.trigger") throw new Error("$.flow.trigger runs no other workflow in a test");
          return this.#options.calls.call({ orgId, workflowId, projectId, step }, method, params);
        },
      },
    });
    assertRan(result.error);
    return { result, response };
  }

  /** Which way a block would go. */
  async #runBlock(
    block: Block,
    { version, steps }: { version: LoadedVersion; steps: string },
  ): Promise<InvocationResult> {
    const startedAtMs = Date.now();
    const expressions = expressionsOf(block);
    const { timeoutMs } = version.settings;
    const found =
      expressions.length === 0 ? [] : await this.#runner.evaluate(expressions, { version, steps, timeoutMs });
    if ("code" in found) {
      assertRan(found);
      return failedResult(found);
    }
    const values: { value: unknown; isTruthy: boolean }[] = [];
    for (const one of found) {
      if ("error" in one) return failedResult({ code: "USER_ERROR", ...one.error });
      values.push(one);
    }
    const result = failedResult({ code: "USER_ERROR", name: "TypeError", message: `${expressions[0]} is not a list` });
    if (block.kind === "loop" && !Array.isArray(values[0]?.value)) return result;
    const returnValue = JSON.stringify(wayOf(block, values) ?? null);
    return { ...result, error: null, returnValue, startedAtMs, endedAtMs: Date.now() };
  }

  /** What the step sees: the trigger, and what the steps before it exported. */
  async #seenBy(drafted: DraftedStep, test: StepTest): Promise<{ steps: string; context: JsonObject }> {
    const { workflow, before } = drafted;
    const row = test.runId === undefined ? null : await this.#reader.find([workflow.orgId], test.runId);
    if (row && row.workflow_id !== workflow.workflowId) throw notFound(`Run ${test.runId}`);
    const run = await this.#runOf(drafted, { test, row });
    const delivery = { emitId: run.traceId, channel: run.trigger.channel, createdAtMs: run.trigger.createdAtMs };
    const context: JsonObject = { ...segmentContext(run, { delivery, version: workflow }), test: true };
    const scope = new Scope(null);
    const recorded = row ? await loadSteps(this.#options.db, { orgId: row.org_id, runId: row.run_id }) : [];
    for (const one of recorded) {
      const isFirst = one.key === one.namespace || one.key === `${one.namespace}#0`;
      const isSeen = isFirst && one.kind !== "decision" && one.status === "success" && before.has(one.namespace);
      if (isSeen) scope.add(one.namespace, exportsText(one));
    }
    for (const [namespace, value] of Object.entries(test.exports)) scope.add(namespace, JSON.stringify(value ?? null));
    return { steps: scope.stepsText(`{"event":${run.trigger.event},"context":${JSON.stringify(context)}}`), context };
  }

  async #runOf({ workflow }: DraftedStep, from: { test: StepTest; row: RunRow | null }): Promise<RunInfo> {
    const { test, row } = from;
    const { orgId, workflowId, deploymentId } = workflow;
    const nowMs = Date.now();
    const recordedEvent = row && test.event === undefined ? await this.#reader.eventOf(row) : null;
    const event = recordedEvent ?? JSON.stringify(test.event ?? {});
    if (row) {
      const run = runOfRow(row, { event, createdAtMs: row.started_at_ms });
      return { ...run, trigger: { ...run.trigger, event } };
    }
    const trigger = {
      kind: "manual",
      emitterId: workflowId,
      channel: TRIGGER_CHANNEL,
      eventId: 0,
      event,
      createdAtMs: nowMs,
    };
    const id = newKsuid(nowMs);
    const about = { orgId, workflowId, deploymentId, trigger, replayOf: null, startedAtMs: nowMs };
    return { ...about, runId: id, traceId: id, isUnstored: true };
  }
}

function deploymentOf({ workflow, node }: DraftedStep): Deployment {
  const code = "step" in node ? node : null;
  return {
    ...{ id: `test:${newKsuid(Date.now())}`, orgId: workflow.orgId, bundle: null, env: {} },
    memoryMb: workflow.settings.memoryMb,
    modules: code?.bundle ? { [code.step.namespace]: code.bundle } : {},
    needsSystem: code !== null && code.step.lang !== "nodejs",
  };
}

function expressionsOf(block: Block): string[] {
  if (block.kind === "end") return [];
  if (block.kind === "loop") return [block.over];
  return block.branches.flatMap(({ condition }) => condition ?? []);
}

function wayOf(block: Block, values: readonly { value: unknown; isTruthy: boolean }[]): unknown {
  if (block.kind === "end") return null;
  if (block.kind === "loop") return values[0]?.value;
  const rest = [...values];
  const taken = block.branches.filter(({ condition }) => condition === null || rest.shift()?.isTruthy);
  if (block.kind === "parallel") return taken.map(({ slug }) => slug);
  return taken[0]?.slug ?? (block.otherwise ? "$else" : null);
}

/** Faults of the sandbox are ours, and worth another try. */
function assertRan(error: InvocationError | null): void {
  if (error?.code === "UNAVAILABLE") throw new ApiError("unavailable", error.message, { retryAfterSeconds: 1 });
}
