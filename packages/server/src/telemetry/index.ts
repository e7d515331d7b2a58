/** What the node tells those who watch it: metrics and traces. */
export { Metrics } from "./metrics.ts";
export { RunLog } from "./run-log.ts";
export type { MetricSources } from "./sources.ts";
export { WorkCounts } from "./work-counts.ts";
