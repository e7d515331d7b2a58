import { setTimeout as delay } from "node:timers/promises";
import { isUnavailable } from "../../db/index.ts";
import type {
  ClaimedDelivery,
  CommitUnit,
  EventDraft,
  EventLog,
  WorkflowRunRecord,
  WorkflowStepRecord,
} from "../../events/index.ts";
import type { RecordedSteps } from "./recorded-steps.ts";

/** Somebody else has the run now, or it was cancelled: this segment's work no longer counts. */
export class ClaimLostError extends Error {
  override name = "ClaimLostError";
  readonly code = "claim_lost";
}

export interface JournalOptions {
  log: Pick<EventLog, "commit">;
  delivery: ClaimedDelivery;
  /** Given up when aborted. */
  signal: AbortSignal;
  recorded: RecordedSteps;
  /** How the run stands while this segment works on it. */
  runningRecord(): WorkflowRunRecord;
  /** What a record tells of besides the run. */
  eventsOf(row: WorkflowStepRecord): readonly EventDraft[];
}

/** What is left to be written by the unit that ends the segment. */
export interface JournalRest {
  readonly rows: readonly WorkflowStepRecord[];
  readonly events: readonly EventDraft[];
}

/** A record of a step that still lacks its number. */
export type StepDraft = Omit<WorkflowStepRecord, "ordinal">;

const RETRY_MIN_MS = 50;
const RETRY_MAX_MS = 2_000;

/**
 * Writes down what a segment has done: before anything else is begun, all that has ended is recorded. What ended last
 * waits for the segment's own end, which is written together with it.
 */
export class Journal {
  readonly #options: JournalOptions;
  #pending: WorkflowStepRecord[] = [];
  #events: EventDraft[] = [];
  #tail: Promise<void> = Promise.resolve();
  #isRunKnown = false;

  constructor(options: JournalOptions) {
    this.#options = options;
  }

  add(draft: StepDraft): WorkflowStepRecord {
    const row = this.copy(draft);
    this.#events.push(...this.#options.eventsOf(row));
    return row;
  }

  /** Adds what happened in another run. */
  copy(draft: StepDraft): WorkflowStepRecord {
    const { recorded } = this.#options;
    const row = { ...draft, ordinal: recorded.nextOrdinal };
    recorded.add(row);
    this.#pending.push(row);
    return row;
  }

  /**
   * Resolves when everything added so far is recorded for good.
   * @throws ClaimLostError; CommitError when the database refuses a record; ApiError `unavailable` when the node stops
   */
  flush(): Promise<void> {
    this.#tail = this.#tail.then(() => this.#write());
    return this.#tail;
  }

  takeRest(): JournalRest {
    return { rows: this.#pending.splice(0), events: this.#events.splice(0) };
  }

  async #write(): Promise<void> {
    this.#options.signal.throwIfAborted();
    if (this.#pending.length === 0) return;
    const { delivery, runningRecord } = this.#options;
    const unit: CommitUnit = {
      claim: delivery,
      keepsClaim: true,
      ...(!this.#isRunKnown && { workflowRun: runningRecord() }),
      workflowSteps: this.#pending.splice(0),
      events: this.#events.splice(0),
    };
    const { held } = await this.#commit(unit);
    if (!held) throw new ClaimLostError("The delivery of the run is no longer held");
    this.#isRunKnown = true;
  }

  async #commit(unit: CommitUnit): Promise<{ held: boolean }> {
    for (let delayMs = RETRY_MIN_MS; ; delayMs = Math.min(2 * delayMs, RETRY_MAX_MS)) {
      try {
        return await this.#options.log.commit(unit);
      } catch (error) {
        if (!isUnavailable(error)) throw error;
        await delay(delayMs, undefined, { signal: this.#options.signal });
      }
    }
  }
}
