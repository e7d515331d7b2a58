import type { WorkObserver } from "./event-work.ts";
import type { Base } from "./parts.ts";
import { versionOfMillrace } from "./version.ts";

/** Who is told of the work: counts, and traces when they are wanted; what makes them is loaded only then. */
export async function observerOf(
  { config, counts }: Pick<Base, "config" | "counts">,
  stack: AsyncDisposableStack,
): Promise<WorkObserver> {
  const { traces: settings } = config.observe;
  if (settings === null) return counts;
  const { Traces } = await import("../telemetry/traces/index.ts");
  const traces = new Traces({ ...settings, version: await versionOfMillrace() });
  stack.defer(() => traces.stop());
  return {
    committed(write) {
      counts.committed(write);
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
