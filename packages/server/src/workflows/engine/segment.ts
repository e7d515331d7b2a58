import type { CallMethod, HttpResponse, InvocationError, Json, JsonObject } from "@millrace/runner";
import type { ClaimedDelivery, EventLog, WorkflowRunRecord, WorkflowStepRecord } from "../../events/index.ts";
import type { CodeStep, LoadedVersion, StepNode } from "../definition/index.ts";
import { walkBlock } from "./blocks.ts";
import { ComputeMeter, type BilledPart } from "./compute-meter.ts";
import { Journal, type StepDraft } from "./journal.ts";
import type { RecordedSteps } from "./recorded-steps.ts";
import type { RunInfo } from "./run-info.ts";
import { endedState, type RunState, type Wait } from "./run-state.ts";
import { logDrafts } from "./run-events.ts";
import { exportsText, Scope, valueOf } from "./scope.ts";
import { segmentContext } from "./segment-context.ts";
import type { StepRunner } from "./step-runner.ts";
import { StepExecution } from "./step-execution.ts";
import type { WaitUrls } from "./wait-urls.ts";

/** How a run ended. */
export interface RunEnding {
  readonly status: "success" | "error" | "cancelled";
  readonly error: (InvocationError & { step: string; cellId: string }) | null;
}

/** Where walking the steps came to. */
export type Walked =
  | { readonly kind: "done"; /** JSON text: what the last step came to. */ readonly value: string | null }
  /** Something in there waits. */
  | { readonly kind: "waiting" }
  /** The run has ended. */
  | { readonly kind: "ended" };

/** A list of steps on its way: what it sees, where it is in the loops around it, and until when it may work. */
export interface Frame {
  readonly scope: Scope;
  readonly suffix: string;
  readonly part: BilledPart;
  deadlineMs: number;
}

export interface SegmentOptions {
  readonly log: Pick<EventLog, "commit">;
  readonly stepRunner: StepRunner;
  readonly urls: WaitUrls;
  readonly run: RunInfo;
  readonly version: LoadedVersion;
  readonly delivery: ClaimedDelivery;
  readonly recorded: RecordedSteps;
  /** Copies of an earlier run's records that this one begins with. */
  readonly kept: readonly StepDraft[];
  readonly state: RunState;
  /** By the wait that a call of its URL ended: the request. */
  readonly requests: ReadonlyMap<string, unknown>;
  readonly signal: AbortSignal;
  onRespond(response: HttpResponse, options: { immediate: boolean }): void;
  onCall(from: { step: CodeStep; deadlineMs: number }, method: CallMethod, params: Json): Promise<Json>;
}

/**
 * One execution of a run: walks the steps from the beginning, passing over what is recorded, until the run ends or all
 * that is left waits.
 */
export class Segment {
  readonly options: SegmentOptions;
  readonly journal: Journal;
  readonly meter = new ComputeMeter();
  readonly context: JsonObject;
  /** Rejects when the segment is to be given up. */
  readonly aborted: Promise<never>;
  readonly #triggerText: string;
  readonly #waits = new Map<string, Wait>();
  readonly #executions: StepExecution;
  #ending: RunEnding | null = null;
  #stepsInFlight = 0;
  autoRetries: number;

  constructor(options: SegmentOptions) {
    this.options = options;
    const { run, delivery, version, recorded, signal, log } = options;
    this.autoRetries = options.state.autoRetries;
    for (const wait of options.state.waits) this.#waits.set(wait.key, wait);
    this.context = segmentContext(run, { delivery, version });
    this.#triggerText = `{"event":${run.trigger.event},"context":${JSON.stringify(this.context)}}`;
    const runningRecord = (): WorkflowRunRecord => this.runRecord("running");
    this.journal = new Journal({
      ...{ log, delivery, signal, recorded, runningRecord },
      eventsOf: (row) => (run.isUnstored ? [] : logDrafts(run, row)),
    });
    this.aborted = abortOf(signal);
    for (const row of options.kept) this.journal.copy(row);
    this.#executions = new StepExecution(this);
  }

  get ending(): RunEnding | null {
    return this.#ending;
  }

  get waits(): readonly Wait[] {
    return [...this.#waits.values()];
  }

  get state(): RunState {
    const { trigger, isUnstored } = this.options.run;
    return { ...(isUnstored && { isUnstored }), waits: this.waits, autoRetries: this.autoRetries, trigger };
  }

  /** @throws ClaimLostError, RetryLaterError, CommitError, or ApiError `unavailable` */
  async walk(): Promise<Walked["kind"]> {
    const walked = await this.walkNodes(
      this.options.version.steps,
      this.newFrame({ scope: null, suffix: "", part: { parent: null } }),
    );
    if (walked.kind === "done") this.end({ status: "success", error: null });
    return this.#ending ? "ended" : walked.kind;
  }

  /** The first ending counts. */
  end(ending: RunEnding): void {
    this.#ending ??= ending;
  }

  wait(wait: Wait): void {
    this.#waits.set(wait.key, wait);
  }

  isWaiting(key: string): boolean {
    return this.#waits.has(key);
  }

  newFrame(inside: { scope: Scope | null; suffix: string; part: BilledPart }): Frame {
    const deadlineMs = Date.now() + this.options.version.settings.timeoutMs;
    return { ...inside, scope: new Scope(inside.scope), deadlineMs };
  }

  stepsText(frame: Frame): string {
    return frame.scope.stepsText(this.#triggerText);
  }

  async walkNodes(nodes: readonly StepNode[], frame: Frame): Promise<Walked> {
    let value: string | null = null;
    for (const node of nodes) {
      if (this.#ending) return { kind: "ended" };
      if (node.disabled) {
        this.#skip(node, frame);
        continue;
      }
      const walked = node.kind === "step" ? await this.#step(node, frame) : await walkBlock(this, node, frame);
      if (walked.kind !== "done") return walked;
      value = walked.value;
    }
    return { kind: "done", value };
  }

  /** A step has begun; until it ends, what other branches have done is recorded at once. */
  async inFlight<T>(work: () => Promise<T>): Promise<T> {
    await this.journal.flush();
    this.#stepsInFlight++;
    try {
      return await work();
    } finally {
      this.#stepsInFlight--;
    }
  }

  /** Records what ended; at once when others are still at work. */
  async record(draft: StepDraft): Promise<WorkflowStepRecord> {
    const row = this.journal.add(draft);
    if (this.#stepsInFlight > 0) await this.journal.flush();
    return row;
  }

  runRecord(status: WorkflowRunRecord["status"]): WorkflowRunRecord {
    const { run, delivery } = this.options;
    const { kind, emitterId, channel, eventId } = run.trigger;
    const isOver = status !== "running" && status !== "paused";
    return {
      orgId: run.orgId,
      workflowId: run.workflowId,
      runId: run.runId,
      traceId: run.traceId,
      deploymentId: run.deploymentId,
      status,
      trigger: { kind, emitterId, channel, eventId },
      replayOf: run.replayOf,
      state: isOver ? endedState(run) : JSON.stringify(this.#storedState(status)),
      error: this.#ending?.error ? JSON.stringify(this.#ending.error) : null,
      startedAtMs: run.startedAtMs,
      endedAtMs: isOver ? Date.now() : null,
      deliveryId: status === "running" ? delivery.deliveryId : null,
    };
  }

  /** Until its first pause a run's delivery carries the trigger's event. */
  #storedState(status: WorkflowRunRecord["status"]): RunState {
    const { trigger, ...state } = this.state;
    const isCarried = status === "running" && this.options.delivery.channel !== "$resume";
    return { ...state, ...(!isCarried && trigger && { trigger }) };
  }

  async #step(step: CodeStep, frame: Frame): Promise<Walked> {
    const row = await this.#executions.settle(step, frame);
    if (row === null) return { kind: "waiting" };
    if (this.#ending && row.status === "error") return { kind: "ended" };
    frame.scope.add(step.namespace, exportsText(row));
    if (row.flow !== null && row.flow.startsWith('{"kind":"exit"')) {
      this.end({ status: "success", error: null });
      return { kind: "ended" };
    }
    return { kind: "done", value: valueOf(row) };
  }

  #skip(node: StepNode, frame: Frame): void {
    const key = node.namespace + frame.suffix;
    if (this.options.recorded.step(key)) return;
    const nowMs = Date.now();
    this.journal.add(this.draft(node, { key, status: "skipped", startedAtMs: nowMs, endedAtMs: nowMs }));
  }

  /** A record with what is not given left empty. */
  draft(
    node: { namespace: string },
    given: Partial<StepDraft> & Pick<StepDraft, "key" | "status" | "startedAtMs" | "endedAtMs">,
  ): StepDraft {
    const { orgId, runId } = this.options.run;
    return {
      orgId,
      runId,
      namespace: node.namespace,
      kind: "step",
      attempt: 1,
      props: null,
      exports: null,
      returnValue: null,
      logs: null,
      error: null,
      flow: null,
      sends: null,
      response: null,
      ...given,
    };
  }
}

function abortOf(signal: AbortSignal): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  const fail = (): void => reject(signal.reason);
  if (signal.aborted) fail();
  else signal.addEventListener("abort", fail, { once: true });
  // Only who waits for a step wants to know.
  promise.catch(() => {});
  return promise;
}
