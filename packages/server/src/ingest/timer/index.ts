/** Timers: each tick becomes an event, once over all nodes. */
export { TimerIngest, type TimerIngestOptions } from "./timer-ingest.ts";
