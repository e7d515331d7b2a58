import { Histogram } from "prom-client";
import type { RunnerEvent } from "@millrace/runner";
import type { HttpObserver, RouteClass } from "../api/index.ts";
import type { DeliveryObserver } from "../delivery/index.ts";
import type { ClaimedDelivery, CommitOutcome, CommittedWrite, CommitUnit, LogObserver } from "../events/index.ts";
import { Tally } from "./tally.ts";

const FINE_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];
const COARSE_SECONDS = [0.001, 0.005, 0.025, 0.1, 0.5, 1, 5, 30, 120, 600];
const LISTENERS: Readonly<Record<string, string>> = { wh: "webhook", dc: "source", p_: "workflow" };

/**
 * Counts what this node does, while it does it: plain numbers, which become metrics only when somebody asks. Keys of
 * tallies are the values of their metric's labels, joined by a space.
 */
export class WorkCounts implements LogObserver, DeliveryObserver, HttpObserver {
  events = 0;
  refused = 0;
  commits = 0;
  commitFailures = 0;
  faults = 0;
  credits = 0;
  readonly deliveries = new Tally();
  readonly runs = new Tally();
  readonly steps = new Tally();
  readonly requests = new Tally();
  readonly egress = new Tally();
  readonly sandboxEnds = new Tally();
  readonly sandboxConnections = new Tally();
  readonly commitSeconds = new Histogram({
    name: "millrace_commit_seconds",
    help: "How long a write to the database took; many units share one.",
    buckets: FINE_SECONDS,
    registers: [],
  });
  readonly deliverySeconds = new Histogram({
    name: "millrace_delivery_seconds",
    help: "How long the work on a delivery took, from its start until its result could be written.",
    labelNames: ["listener"],
    buckets: COARSE_SECONDS,
    registers: [],
  });
  readonly requestSeconds = new Histogram({
    name: "millrace_http_request_seconds",
    help: "How long an HTTP request took until its answer was sent; streams are left out.",
    labelNames: ["route"],
    buckets: COARSE_SECONDS,
    registers: [],
  });
  readonly #startedMs = new WeakMap<ClaimedDelivery, number>();

  committed({ outcomes, refused, startedAtMs }: CommittedWrite): void {
    this.commits++;
    this.refused += refused;
    this.commitSeconds.observe(Math.max(0, Date.now() - startedAtMs) / 1_000);
    for (const outcome of outcomes) if (outcome.held) this.#count(outcome);
  }

  commitFailed(): void {
    this.commitFailures++;
  }

  deliveryStarted(delivery: ClaimedDelivery): void {
    this.#startedMs.set(delivery, performance.now());
  }

  deliveryWorked(delivery: ClaimedDelivery, { retry }: CommitUnit): void {
    const listener = LISTENERS[delivery.listenerId.slice(0, 2)] ?? "other";
    this.deliveries.add(`${listener} ${retry ? "retried" : "done"}`);
    const startedMs = this.#startedMs.get(delivery);
    if (startedMs !== undefined) {
      this.deliverySeconds.observe({ listener }, (performance.now() - startedMs) / 1_000);
    }
  }

  deliveryFailed(): void {
    this.faults++;
  }

  answered(
    route: RouteClass,
    { status, tookMs, isStream }: { status: number; tookMs: number; isStream: boolean },
  ): void {
    this.requests.add(`${route} ${Math.floor(status / 100)}xx`);
    if (!isStream) this.requestSeconds.observe({ route }, tookMs / 1_000);
  }

  /** What the sandboxes tell: only the kind of it counts. */
  sandboxEvent(event: RunnerEvent): void {
    if (event.type === "crash") this.sandboxEnds.add(event.code.toLowerCase());
    else if (event.type === "startFailed") this.sandboxEnds.add("not_started");
    else if (event.type === "egress") this.sandboxConnections.add(event.attempt.isAllowed ? "allowed" : "refused");
  }

  #count({ unit, events }: CommitOutcome): void {
    for (const event of events) if (event) this.events++;
    const { sourceRun, workflowRun, workflowSteps, usage } = unit;
    if (sourceRun) this.runs.add(`source ${sourceRun.status}`);
    if (workflowRun && workflowRun.endedAtMs !== null) this.runs.add(`workflow ${workflowRun.status}`);
    if (workflowSteps) for (const step of workflowSteps) if (step.kind === "step") this.steps.add(step.status);
    if (usage) this.credits += usage.credits;
  }
}
