import {
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type Span,
  type SpanContext,
  type Tracer,
} from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { AlwaysOnSampler, BatchSpanProcessor, ParentBasedSampler, TracerProvider } from "@opentelemetry/sdk-trace";
import type { DeliveryObserver } from "../../delivery/index.ts";
import type { ClaimedDelivery, CommitOutcome, CommittedWrite, CommitUnit, LogObserver } from "../../events/index.ts";
import { Recent } from "./recent.ts";
import { formatTraceparent, parseTraceparent } from "./traceparent.ts";

export interface TracesOptions {
  url: string;
  headers: Readonly<Record<string, string>>;
  version: string;
}

interface Work {
  readonly delivery: Span;
  /** What user code does of it; null for webhooks. */
  readonly run: Span | null;
}

type EventKey = Pick<ClaimedDelivery, "orgId" | "emitterId" | "eventId">;
type StepRecord = NonNullable<CommitUnit["workflowSteps"]>[number];

const REMEMBERED = 10_000;
const KINDS: Readonly<Record<string, string>> = { wh: "webhook", dc: "source", p_: "workflow" };

/**
 * Makes spans of what is done anyway: each event, its deliveries, their runs and steps. Nothing about traces is stored:
 * what caused an event is remembered for the latest ten thousand, so a delivery that waits for long, or that another node
 * takes, begins a trace of its own that names the event.
 */
export class Traces implements LogObserver, DeliveryObserver {
  readonly #provider: TracerProvider;
  readonly #tracer: Tracer;
  readonly #events = new Recent<string, SpanContext>(REMEMBERED);
  readonly #works = new Recent<number, Work>(REMEMBERED);

  constructor({ url, headers, version }: TracesOptions) {
    const exporter = new OTLPTraceExporter({ url, headers: { ...headers } });
    this.#provider = new TracerProvider({
      resource: resourceFromAttributes({ "service.name": "millrace", "service.version": version }),
      sampler: new ParentBasedSampler({ root: new AlwaysOnSampler() }),
      spanProcessors: [new BatchSpanProcessor({ exporter })],
    });
    this.#tracer = this.#provider.getTracer("millrace", version);
  }

  /** Sends what is left. A collector that is away is not waited for. */
  async stop(): Promise<void> {
    await this.#provider.shutdown().catch(() => {});
  }

  committed({ outcomes, startedAtMs }: CommittedWrite): void {
    for (const outcome of outcomes) {
      if (!outcome.held) continue;
      const { claim, keepsClaim, workflowSteps } = outcome.unit;
      const work = claim && this.#works.get(claim.deliveryId);
      const cause = (work?.run ?? work?.delivery)?.spanContext() ?? null;
      this.#eventSpans(outcome, { cause, startedAtMs });
      for (const step of workflowSteps ?? []) if (step.kind === "step") this.#stepSpan(step, cause);
      if (claim && !keepsClaim) this.#works.delete(claim.deliveryId);
    }
  }

  commitFailed(): void {}

  deliveryStarted(delivery: ClaimedDelivery): void {
    const kind = KINDS[delivery.listenerId.slice(0, 2)] ?? "other";
    const parent = this.#events.get(keyOf(delivery)) ?? null;
    const attributes = { ...attributesOf(delivery), "millrace.attempt": delivery.attempts + 1 };
    const isWebhook = kind === "webhook";
    const span = this.#start(`deliver to ${kind}`, {
      ...{ parent, attributes: { ...attributes, "millrace.listener_id": delivery.listenerId } },
      kind: isWebhook ? SpanKind.CLIENT : SpanKind.CONSUMER,
    });
    const run = isWebhook ? null : this.#start(`run ${kind}`, { parent: span.spanContext() });
    this.#works.set(delivery.deliveryId, { delivery: span, run });
  }

  deliveryWorked(
    { deliveryId }: ClaimedDelivery,
    { retry, sourceRun, workflowRun, webhookDelivery }: CommitUnit,
  ): void {
    const work = this.#works.get(deliveryId);
    if (!work) return;
    const record = workflowRun ?? sourceRun;
    if (record) work.run?.setAttributes({ "millrace.run_id": record.runId, "millrace.status": record.status });
    if (record?.status === "error") work.run?.setStatus({ code: SpanStatusCode.ERROR });
    if (webhookDelivery?.responseStatus) {
      work.delivery.setAttribute("http.response.status_code", webhookDelivery.responseStatus);
    }
    if (retry ?? webhookDelivery?.status === "dead") work.delivery.setStatus({ code: SpanStatusCode.ERROR });
    work.run?.end();
    work.delivery.end();
  }

  deliveryFailed({ deliveryId }: ClaimedDelivery, error: unknown): void {
    const name = error instanceof Error ? error.name : "Error";
    this.#works.get(deliveryId)?.delivery.setAttribute("error.type", name);
  }

  /** The header that tells the receiver of a webhook which trace it is part of. */
  traceparentOf({ deliveryId }: ClaimedDelivery): string | null {
    const work = this.#works.get(deliveryId);
    return work ? formatTraceparent(work.delivery.spanContext()) : null;
  }

  #eventSpans(
    { unit, events }: CommitOutcome,
    { cause, startedAtMs }: { cause: SpanContext | null; startedAtMs: number },
  ): void {
    events.forEach((event, index) => {
      if (!event) return;
      const { traceparent } = unit.events?.[index] ?? {};
      const parent = cause ?? (traceparent === undefined ? null : parseTraceparent(traceparent));
      const kind = cause ? SpanKind.PRODUCER : SpanKind.SERVER;
      const span = this.#start("write event", { parent, kind, startedAtMs, attributes: attributesOf(event) });
      span.end();
      this.#events.set(keyOf(event), span.spanContext());
    });
  }

  #stepSpan(step: StepRecord, parent: SpanContext | null): void {
    const { runId, namespace, status, attempt, startedAtMs, endedAtMs } = step;
    const attributes = { "millrace.run_id": runId, "millrace.step": namespace, "millrace.attempt": attempt };
    const span = this.#start("step", { parent, startedAtMs, attributes });
    span.setAttribute("millrace.status", status);
    if (status === "error") span.setStatus({ code: SpanStatusCode.ERROR });
    span.end(endedAtMs);
  }

  #start(
    name: string,
    how: { parent: SpanContext | null; kind?: SpanKind; startedAtMs?: number; attributes?: Attributes },
  ): Span {
    const { parent, kind = SpanKind.INTERNAL, startedAtMs, attributes } = how;
    const context = parent ? trace.setSpanContext(ROOT_CONTEXT, parent) : ROOT_CONTEXT;
    const timing = startedAtMs === undefined ? {} : { startTime: startedAtMs };
    return this.#tracer.startSpan(name, { kind, ...timing, ...(attributes && { attributes }) }, context);
  }
}

function keyOf({ orgId, emitterId, eventId }: EventKey): string {
  return `${orgId} ${emitterId} ${eventId}`;
}

function attributesOf({ orgId, emitterId, eventId }: EventKey): Attributes {
  return { "millrace.org_id": orgId, "millrace.emitter_id": emitterId, "millrace.event_id": eventId };
}
