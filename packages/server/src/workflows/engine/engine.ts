import type { HttpResponse } from "@millrace/runner";
import { runIdOf } from "../../core/index.ts";
import type { Database } from "../../db/index.ts";
import { CommitError, type ClaimedDelivery, type CommitUnit, type EventLog } from "../../events/index.ts";
import { awaitsAnswer, CallerAnswer, type AnswerPorts } from "./caller-answer.ts";
import { ClaimLostError } from "./journal.ts";
import type {
  Destinations,
  FailureMails,
  StepAccounts,
  StepCalls,
  StepSandbox,
  VariableValues,
  WorkflowDefinitions,
} from "./ports.ts";
import { RetryLaterError } from "./retry-later-error.ts";
import { RunCalls } from "./run-calls.ts";
import { ERRORS_CHANNEL, SENDS_CHANNEL } from "./run-info.ts";
import { Segment, type RunEnding } from "./segment.ts";
import { cancelledRecord, segmentUnit, usageUnit } from "./segment-end.ts";
import { SegmentStarts, type SegmentStart } from "./segment-start.ts";
import { SendDeliveries } from "./send-deliveries.ts";
import { StepRunner } from "./step-runner.ts";
import type { WaitUrls } from "./wait-urls.ts";

export interface EngineOptions extends AnswerPorts {
  db: Database;
  log: Pick<EventLog, "commit">;
  definitions: WorkflowDefinitions;
  sandbox: StepSandbox;
  accounts: StepAccounts;
  variables: VariableValues;
  calls: StepCalls;
  destinations: Destinations;
  errorMails: FailureMails;
  urls: WaitUrls;
}

/** Deliveries whose run was taken away from them. */
export const TAKEN_AWAY_TOPIC = "workflow_deliveries_taken_away";
const MAX_UNAVAILABLE_ATTEMPTS = 12;
const FIRST_BACKOFF_MS = 500;
const MAX_BACKOFF_MS = 60_000;

/**
 * Runs workflows. A delivery is one execution of a run: from its trigger, or from where it paused, to its end or its next
 * pause. What is recorded is never done again.
 */
export class Engine {
  readonly #options: EngineOptions;
  readonly #starts: SegmentStarts;
  readonly #stepRunner: StepRunner;
  readonly #calls: RunCalls;
  readonly #sends: SendDeliveries;
  readonly #active = new Map<number, AbortController>();
  #stopListening: (() => void) | null = null;

  constructor(options: EngineOptions) {
    this.#options = options;
    this.#starts = new SegmentStarts(options);
    this.#stepRunner = new StepRunner(options);
    this.#calls = new RunCalls(options);
    this.#sends = new SendDeliveries(options);
  }

  /** Hears which of its deliveries were taken away. */
  start(): void {
    this.#stopListening = this.#options.db.listen(TAKEN_AWAY_TOPIC, (hint) => {
      if (hint.type === "message") this.#giveUp(Number(hint.payload));
    });
  }

  stop(): void {
    this.#stopListening?.();
    this.#stopListening = null;
  }

  /** The `DeliveryHandler` of workflows. @throws ApiError `unavailable` when the database is away */
  async handleDelivery(delivery: ClaimedDelivery, stopSignal: AbortSignal): Promise<CommitUnit> {
    if (delivery.channel === SENDS_CHANNEL) return this.#sends.handle(delivery);
    const giveUp = new AbortController();
    this.#active.set(delivery.deliveryId, giveUp);
    // A signal made of both would live as long as the node does, and whatever listens to it.
    const stop = (): void => giveUp.abort(stopSignal.reason);
    stopSignal.addEventListener("abort", stop);
    if (stopSignal.aborted) stop();
    try {
      return await this.#execute(delivery, giveUp.signal);
    } catch (error) {
      if (error instanceof ClaimLostError) return { claim: delivery };
      if (error instanceof RetryLaterError) return this.#later(delivery, error);
      if (!stopSignal.aborted) throw error;
      return { claim: delivery, retry: { dueAtMs: Date.now(), lastError: "The node was stopped" } };
    } finally {
      stopSignal.removeEventListener("abort", stop);
      this.#active.delete(delivery.deliveryId);
    }
  }

  /** The run that a delivery starts, as callers who trigger one are told. */
  runIdOf(of: { emitId: string; workflowId: string }): string {
    return runIdOf(of);
  }

  async #execute(delivery: ClaimedDelivery, signal: AbortSignal): Promise<CommitUnit> {
    const start = await this.#starts.find(delivery);
    if (start?.kind !== "start") {
      this.#options.responders.settleHere(delivery.emitId, { kind: "ended" });
      return { claim: delivery, ...(start && { workflowRun: cancelledRecord(start.run, start.message) }) };
    }
    const answer = await this.#answerOf(delivery, start);
    const segment = new Segment({
      ...start,
      ...{ log: this.#options.log, stepRunner: this.#stepRunner, urls: this.#options.urls, delivery, signal },
      onRespond: (response, how) => answer.respond(response, how),
      onCall: (from, method, params) =>
        this.#calls.answer({ ...from, run: start.run, version: start.version }, { method, params }),
    });
    try {
      await segment.walk();
    } catch (error) {
      if (error instanceof ClaimLostError && signal.aborted) {
        await answer.finish("ended");
        // Whoever cancelled the run knew nothing of what it had used here.
        await this.#options.log.commit(usageUnit(segment));
      }
      const failed = this.#failure(segment, { error, attempts: delivery.attempts });
      if (!failed) throw error;
      segment.end({ status: "error", error: failed });
    }
    const unit = segmentUnit(segment);
    await answer.finish(segment.ending ? "ended" : "paused");
    if (segment.ending?.error) this.#tellOwner(segment, segment.ending.error);
    return unit;
  }

  /** What a run ends with that the server itself cannot bring further; null: it is tried again. */
  #failure(segment: Segment, { error, attempts }: { error: unknown; attempts: number }) {
    const place = { step: "", cellId: segment.options.run.workflowId };
    if (error instanceof CommitError) {
      segment.journal.takeRest();
      return { code: "RESULT_TOO_LARGE" as const, name: "Error", message: "A result could not be recorded", ...place };
    }
    if (error instanceof RetryLaterError && attempts + 1 >= MAX_UNAVAILABLE_ATTEMPTS)
      return { ...error.reason, ...place };
    return null;
  }

  #tellOwner({ options }: Segment, error: NonNullable<RunEnding["error"]>): void {
    const { run, version } = options;
    // A workflow that handles errors would tell of its own over and over.
    if (!version.settings.errorEmails || run.trigger.channel === ERRORS_CHANNEL) return;
    const { orgId, workflowId, runId } = run;
    void this.#options.errorMails.tell({
      ...{ orgId, workflowId, runId, workflowName: version.name, userId: version.userId },
      ...{ namespace: error.step === "" ? null : error.step, error, atMs: Date.now() },
    });
  }

  #later(delivery: ClaimedDelivery, error: RetryLaterError): CommitUnit {
    const delayMs = Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** delivery.attempts);
    const lastError = `${error.reason.code}: ${error.message}`;
    return { claim: delivery, retry: { dueAtMs: Date.now() + delayMs, lastError } };
  }

  async #answerOf(delivery: ClaimedDelivery, start: SegmentStart): Promise<CallerAnswer> {
    const isAwaited = await awaitsAnswer(this.#options, delivery);
    const recorded = isAwaited ? start.recorded.rows.find((row) => row.response !== null)?.response : null;
    const held = recorded ? (JSON.parse(recorded) as HttpResponse) : null;
    return new CallerAnswer({ ...this.#options, delivery, isAwaited, held });
  }

  #giveUp(deliveryId: number): void {
    this.#active.get(deliveryId)?.abort(new ClaimLostError("The run was cancelled"));
  }
}
