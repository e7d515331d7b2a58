/** Spans of events, deliveries, runs and steps for a collector of OpenTelemetry; loaded only when one is configured. */
export { Traces } from "./traces.ts";
