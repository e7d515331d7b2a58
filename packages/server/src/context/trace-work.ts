import type { Logger } from "pino";
import type { CommittedWrite } from "../events/index.ts";
import { RunLog, type WorkCounts } from "../telemetry/index.ts";
import type { WorkObserver } from "./event-work.ts";
import type { Base } from "./parts.ts";
import { versionOfMillrace } from "./version.ts";

/** Who is told of the work: counts, and traces when they are wanted; what makes them is loaded only then. */
export async function observerOf(
  { config, counts, log }: Pick<Base, "config" | "counts" | "log">,
  stack: AsyncDisposableStack,
): Promise<WorkObserver> {
  const watching = log.isLevelEnabled("debug") ? withRunLog(counts, log) : counts;
  const { traces: settings } = config.observe;
  if (settings === null) return watching;
  const { Traces } = await import("../telemetry/traces/index.ts");
  const traces = new Traces({ ...settings, version: await versionOfMillrace() });
  stack.defer(() => traces.stop());
  return {
    committed(write) {
      watching.committed(write);
      traces.committed(write);
    },
    commitFailed: () => counts.commitFailed(),
    deliveryStarted(delivery) {
      counts.deliveryStarted(delivery);
      traces.deliveryStarted(delivery);
    },
    deliveryWorked(delivery, unit) {
      counts.deliveryWorked(delivery, unit);
      traces.deliveryWorked(delivery, unit);
    },
    deliveryFailed(delivery, error) {
      counts.deliveryFailed();
      traces.deliveryFailed(delivery, error);
    },
    traceparentOf: (delivery) => traces.traceparentOf(delivery),
  };
}

/** At the level debug, each run is a line of the log. */
function withRunLog(counts: WorkCounts, log: Logger): WorkObserver {
  const runs = new RunLog(log);
  return {
    committed(write: CommittedWrite) {
      counts.committed(write);
      runs.committed(write);
    },
    commitFailed: () => counts.commitFailed(),
    deliveryStarted: (delivery) => counts.deliveryStarted(delivery),
    deliveryWorked: (delivery, unit) => counts.deliveryWorked(delivery, unit),
    deliveryFailed: () => counts.deliveryFailed(),
  };
}
