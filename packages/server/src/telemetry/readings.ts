import { performance } from "node:perf_hooks";
import type { MetricSources } from "./sources.ts";
import type { WorkCounts } from "./work-counts.ts";

type Values = Iterable<readonly [labels: string, value: number]>;

/** A metric that is read when it is asked for; keys are the values of its labels, joined by a space. */
export interface Reading {
  readonly name: string;
  readonly help: string;
  readonly kind: "counter" | "gauge";
  readonly labels: readonly string[];
  read(): Values | Promise<Values>;
}

/** A row of the tables below; the name is without our prefix. */
type Described = [name: string, help: string, labels: readonly string[], read: Reading["read"]];

/** Of the work that this node has done since it started. */
export function workReadings(counts: WorkCounts): Reading[] {
  return [
    counter("events_total", "Events written to the log.", () => counts.events),
    counter("events_refused_total", "Calls that were told no, because a queue was full.", () => counts.refused),
    counter("commits_total", "Writes to the log; what arrives together shares one.", () => counts.commits),
    counter("commit_failures_total", "Writes that the database did not take.", () => counts.commitFailures),
    tallied("deliveries_total", "Deliveries worked on.", ["listener", "outcome"], () => counts.deliveries.entries()),
    counter("delivery_faults_total", "Deliveries whose work failed inside of Millrace.", () => counts.faults),
    tallied("runs_total", "Runs that ended.", ["kind", "outcome"], () => counts.runs.entries()),
    tallied("steps_total", "Steps of workflows that ended.", ["outcome"], () => counts.steps.entries()),
    counter("credits_total", "Credits used.", () => counts.credits),
    tallied("http_requests_total", "HTTP requests answered.", ["route", "status"], () => counts.requests.entries()),
    tallied("egress_requests_total", "HTTP requests that the server sent.", ["outcome"], () => counts.egress.entries()),
    tallied("sandbox_ends_total", "Sandboxes that ended before their time.", ["reason"], () =>
      counts.sandboxEnds.entries(),
    ),
    tallied("sandbox_connections_total", "Connections that user code asked for.", ["outcome"], () =>
      counts.sandboxConnections.entries(),
    ),
  ];
}

/** Of the node as it is now. */
export function nodeReadings(sources: MetricSources): Reading[] {
  const { version, nodeName, runner, slots, pool } = sources;
  return [
    tallied("sandbox_invocations_total", "Calls of user code that ended.", [], () => [["", runner().runs]]),
    gauge("info", "Always 1.", ["version", "node"], () => [[`${version} ${nodeName}`, 1]]),
    gauge("sandbox_info", "Always 1; how strongly user code is isolated.", ["tier"], () => [[runner().tier, 1]]),
    gauge("sandbox_processes", "Processes of user code.", ["state"], () => [
      ["bound", runner().processes],
      ["blank", runner().blanks],
      ["stuck", runner().stuck],
    ]),
    gauge("sandbox_invocations", "Calls of user code at the moment.", ["state"], () => [
      ["running", runner().inFlight],
      ["queued", runner().queued],
    ]),
    gauge("sandbox_deployments", "Versions of code that are loaded.", [], () => [["", runner().deployments]]),
    gauge("delivery_slots", "Room for deliveries on this node.", ["state"], () => [
      ["in_use", slots().inUse],
      ["free", slots().free],
    ]),
    gauge("database_connections", "Connections for general queries.", ["state"], () => [
      ["busy", pool().total - pool().idle],
      ["idle", pool().idle],
    ]),
    gauge("database_waiting", "Queries that wait for a connection.", [], () => [["", pool().waiting]]),
    gauge("disk_bytes", "The disk that the data directory lies on.", ["state"], async () => {
      const { freeBytes, sizeBytes } = await sources.disk();
      return [
        ["free", freeBytes],
        ["used", sizeBytes - freeBytes],
      ];
    }),
    ...processReadings(),
  ];
}

function processReadings(): Reading[] {
  let before = performance.eventLoopUtilization();
  return [
    tallied("process_cpu_seconds_total", "Processor time of the server process.", ["mode"], () => {
      const { user, system } = process.cpuUsage();
      return [
        ["user", user / 1e6],
        ["system", system / 1e6],
      ];
    }),
    gauge("process_memory_bytes", "Memory of the server process.", ["kind"], () => {
      const { rss, heapUsed, external } = process.memoryUsage();
      return [
        ["resident", rss],
        ["heap", heapUsed],
        ["external", external],
      ];
    }),
    gauge("process_start_time_seconds", "When the process started, in seconds since 1970.", [], () => [
      ["", performance.timeOrigin / 1_000],
    ]),
    gauge("event_loop_utilization_ratio", "Share of the time since the last look that was busy.", [], () => {
      const now = performance.eventLoopUtilization();
      const { utilization } = performance.eventLoopUtilization(now, before);
      before = now;
      return [["", utilization]];
    }),
  ];
}

function counter(name: string, help: string, read: () => number): Reading {
  return tallied(name, help, [], () => [["", read()]]);
}

function tallied(...[name, help, labels, read]: Described): Reading {
  return { name: `millrace_${name}`, help, kind: "counter", labels, read };
}

function gauge(...[name, help, labels, read]: Described): Reading {
  return { name: `millrace_${name}`, help, kind: "gauge", labels, read };
}
