import { Counter, Gauge, Registry } from "prom-client";
import { nodeReadings, workReadings, type Reading } from "./readings.ts";
import type { MetricSources } from "./sources.ts";

const QUEUE_KEPT_MS = 5_000;
const TEXT = "text/plain; version=0.0.4; charset=utf-8";

/**
 * This node in Prometheus' text format. Everything is read when somebody asks, and nothing before: an instance that
 * nobody watches pays for a few additions.
 */
export class Metrics {
  readonly contentType = TEXT;
  readonly #registry = new Registry();
  readonly #sources: MetricSources;
  #queueReadMs = Number.NEGATIVE_INFINITY;
  #queueReadings: Promise<void> | null = null;
  readonly #queueDepth: Gauge;
  readonly #oldestWait: Gauge;
  readonly #databaseUp: Gauge;

  constructor(sources: MetricSources) {
    this.#sources = sources;
    const { counts } = sources;
    for (const reading of [...workReadings(counts), ...nodeReadings(sources)]) this.#add(reading);
    for (const histogram of [counts.commitSeconds, counts.deliverySeconds, counts.requestSeconds]) {
      this.#registry.registerMetric(histogram);
    }
    const registers = [this.#registry];
    this.#queueDepth = new Gauge({
      name: "millrace_queue_deliveries",
      help: "Deliveries of the whole instance by state, counted up to 100,000; the same on every node.",
      labelNames: ["state"],
      registers,
    });
    this.#oldestWait = new Gauge({
      name: "millrace_queue_oldest_seconds",
      help: "How long the oldest delivery that could be worked on has waited; the same on every node.",
      registers,
    });
    this.#databaseUp = new Gauge({ name: "millrace_database_up", help: "Whether the database answers.", registers });
  }

  /** All of it, as of now; what needs the database is at most five seconds old. */
  async render(): Promise<string> {
    await this.#readQueue();
    return this.#registry.metrics();
  }

  #add({ name, help, kind, labels, read }: Reading): void {
    const collect = async (): Promise<void> => {
      const values = [...(await read())];
      metric.reset();
      for (const [key, value] of values) metric.inc(labelsOf(labels, key), value);
    };
    const options = { name, help, labelNames: [...labels], registers: [this.#registry], collect };
    const metric: Counter | Gauge = kind === "counter" ? new Counter(options) : new Gauge(options);
  }

  #readQueue(): Promise<void> {
    if (this.#queueReadings !== null && performance.now() - this.#queueReadMs < QUEUE_KEPT_MS) {
      return this.#queueReadings;
    }
    this.#queueReadMs = performance.now();
    this.#queueReadings = this.#lookAtQueue();
    return this.#queueReadings;
  }

  async #lookAtQueue(): Promise<void> {
    try {
      const queue = await this.#sources.queue();
      this.#queueDepth.set({ state: "due" }, queue.due);
      this.#queueDepth.set({ state: "later" }, queue.later);
      this.#queueDepth.set({ state: "in_lanes" }, queue.inLanes);
      this.#queueDepth.set({ state: "in_work" }, queue.inWork);
      this.#oldestWait.set((queue.oldestWaitMs ?? 0) / 1_000);
      this.#databaseUp.set(1);
    } catch {
      // The rest can still be told, and this is how one learns that the database is away.
      this.#databaseUp.set(0);
    }
  }
}

function labelsOf(names: readonly string[], key: string): Record<string, string> {
  const values = key.split(" ");
  return Object.fromEntries(names.map((name, index) => [name, values[index] ?? ""]));
}
