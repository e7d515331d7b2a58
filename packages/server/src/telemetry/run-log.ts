import type { Logger } from "pino";
import { formatEventId } from "../core/index.ts";
import type { CommittedWrite, CommitUnit } from "../events/index.ts";

/** Says of each run what it was and how it ended, so that the log can be searched by run, workflow, source or event. */
export class RunLog {
  readonly #log: Logger;

  constructor(log: Logger) {
    this.#log = log;
  }

  committed({ outcomes }: Pick<CommittedWrite, "outcomes">): void {
    for (const { held, unit } of outcomes) if (held) this.#unit(unit);
  }

  #unit({ workflowRun, sourceRun }: CommitUnit): void {
    if (workflowRun && workflowRun.status !== "running") {
      const { orgId, workflowId, runId, traceId, status, trigger } = workflowRun;
      const eventId = formatEventId(trigger.eventId);
      this.#log.debug({ orgId, workflowId, runId, traceId, eventId, status }, "a run of a workflow");
    }
    if (sourceRun) {
      const { orgId, sourceId, runId, cause, status, trigger } = sourceRun;
      const eventId = trigger && formatEventId(trigger.eventId);
      this.#log.debug({ orgId, sourceId, runId, cause, eventId, status }, "a run of a source");
    }
  }
}
