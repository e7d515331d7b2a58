import type { WorkflowStepRecord } from "../../events/index.ts";

/** What is recorded of one step of a run. */
export interface Recorded {
  readonly latest: WorkflowStepRecord;
  /** Failures since it last ended well. */
  readonly failures: number;
  /** How often it asked to run again. */
  readonly reruns: number;
}

/** The records of a run in memory: what a segment finds done, and what it adds. */
export class RecordedSteps {
  readonly #steps = new Map<string, Recorded>();
  readonly #decisions = new Map<string, string>();
  readonly #rows: WorkflowStepRecord[] = [];
  #lastOrdinal = -1;
  #sizeCharacters = 0;

  constructor(rows: readonly WorkflowStepRecord[] = []) {
    for (const row of rows) this.add(row);
  }

  /** In the order of the records. */
  get rows(): readonly WorkflowStepRecord[] {
    return this.#rows;
  }

  get nextOrdinal(): number {
    return this.#lastOrdinal + 1;
  }

  /** Of everything that steps exported and logged. */
  get sizeCharacters(): number {
    return this.#sizeCharacters;
  }

  add(row: WorkflowStepRecord): void {
    this.#rows.push(row);
    this.#lastOrdinal = Math.max(this.#lastOrdinal, row.ordinal);
    for (const text of [row.exports, row.returnValue, row.logs]) this.#sizeCharacters += text?.length ?? 0;
    if (row.kind === "decision") {
      this.#decisions.set(row.key, row.returnValue ?? "null");
      return;
    }
    const before = this.#steps.get(row.key) ?? { failures: 0, reruns: 0 };
    this.#steps.set(row.key, {
      latest: row,
      failures: row.status === "error" ? before.failures + 1 : 0,
      reruns: before.reruns + (asksToRerun(row) ? 1 : 0),
    });
  }

  step(key: string): Recorded | undefined {
    return this.#steps.get(key);
  }

  /** JSON text of what the control flow decided there; undefined: nothing yet. */
  decision(key: string): string | undefined {
    return this.#decisions.get(key);
  }
}

/** True for the record of a step that is to run again. */
export function asksToRerun({ status, flow }: WorkflowStepRecord): boolean {
  return status === "paused" && flow !== null && flow.startsWith('{"kind":"rerun"');
}
