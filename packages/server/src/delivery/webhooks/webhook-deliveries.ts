import { formatEventId, newKsuid, nextAttemptAtMs, parseRetryAfterMs, type RetryPolicy } from "../../core/index.ts";
import { EgressError, type Egress } from "../../egress/index.ts";
import type { ClaimedDelivery, CommitUnit, EventDraft, WebhookDeliveryRecord } from "../../events/index.ts";
import { signatureHeaders } from "./signature.ts";
import type { WebhookCache, WebhookTarget } from "./webhook-cache.ts";
import type { DeactivationReason, WebhookHealth } from "./webhook-health.ts";

export interface WebhookDeliveriesOptions {
  egress: Egress;
  cache: WebhookCache;
  health: WebhookHealth;
  retryPolicy: RetryPolicy;
  timeoutMs?: number;
  /** W3C trace context for the receiver; null: none. */
  traceparentOf?: ((delivery: ClaimedDelivery) => string | null) | undefined;
}

interface AttemptResult {
  isSuccess: boolean;
  status: number | null;
  error: string | null;
  retryAfterMs: number | undefined;
  startedAtMs: number;
  endedAtMs: number;
}

const TIMEOUT_MS = 15_000;
const MAX_REPLY_BYTES = 64 * 1024;
const GONE = 410;
const ASKS_TO_WAIT = new Set([429, 503]);

/** Posts events to webhooks, signed as Standard Webhooks says, and decides what follows a failure. */
export class WebhookDeliveries {
  readonly #options: WebhookDeliveriesOptions;

  constructor(options: WebhookDeliveriesOptions) {
    this.#options = options;
  }

  /** The handler of `wh_` listeners. @throws ApiError `unavailable` when the database is away */
  async handle(delivery: ClaimedDelivery, signal: AbortSignal): Promise<CommitUnit> {
    const target = await this.#options.cache.get(delivery.orgId, delivery.listenerId);
    if (!target) return { claim: delivery };
    if (!target.isActive) return this.#ended(delivery, notSent("the webhook is not active"));
    const result = await this.#post(target, delivery, signal);
    if (result.isSuccess) {
      await this.#options.health.succeeded(target);
      return this.#ended(delivery, result);
    }
    const isGone = result.status === GONE;
    const reason = await this.#options.health.failed(target, { nowMs: result.endedAtMs, isGone });
    const dueAtMs = isGone || reason ? null : this.#nextAttempt(delivery, result);
    if (dueAtMs !== null) return { claim: delivery, retry: { dueAtMs, lastError: result.error ?? "failed" } };
    const unit = this.#ended(delivery, result);
    return reason ? { ...unit, events: [deactivationError(target, { delivery, result, reason })] } : unit;
  }

  #nextAttempt(delivery: ClaimedDelivery, result: AttemptResult): number | null {
    return nextAttemptAtMs({
      policy: this.#options.retryPolicy,
      attempts: delivery.attempts + 1,
      nowMs: result.endedAtMs,
      random: Math.random(),
      retryAfterMs: result.retryAfterMs,
    });
  }

  async #post(target: WebhookTarget, delivery: ClaimedDelivery, signal: AbortSignal): Promise<AttemptResult> {
    const startedAtMs = Date.now();
    const traceparent = this.#options.traceparentOf?.(delivery) ?? null;
    const message = { id: `msg_${delivery.emitId}`, body: delivery.payload, nowMs: startedAtMs };
    try {
      const reply = await this.#options.egress.request({
        url: target.url,
        method: "POST",
        headers: {
          "content-type": "application/json",
          ...signatureHeaders(target.signingKey, message),
          "x-pd-emitter-id": delivery.emitterId,
          "x-pd-event-id": formatEventId(delivery.eventId),
          ...(traceparent !== null && { traceparent }),
        },
        body: delivery.payload,
        timeoutMs: this.#options.timeoutMs ?? TIMEOUT_MS,
        maxBytes: MAX_REPLY_BYTES,
        whenTooLarge: "cut",
        signal,
      });
      const isSuccess = reply.status >= 200 && reply.status < 300;
      const endedAtMs = Date.now();
      const asked = ASKS_TO_WAIT.has(reply.status) ? parseRetryAfterMs(reply.headers["retry-after"], endedAtMs) : null;
      const error = isSuccess ? null : `answered ${reply.status}`;
      return { isSuccess, status: reply.status, error, retryAfterMs: asked ?? undefined, startedAtMs, endedAtMs };
    } catch (error) {
      if (!(error instanceof EgressError) || signal.aborted) throw error;
      const text = `${error.code}: ${error.message}`;
      return {
        isSuccess: false,
        status: null,
        error: text,
        retryAfterMs: undefined,
        startedAtMs,
        endedAtMs: Date.now(),
      };
    }
  }

  #ended(delivery: ClaimedDelivery, result: AttemptResult): CommitUnit {
    const record: WebhookDeliveryRecord = {
      orgId: delivery.orgId,
      webhookId: delivery.listenerId,
      webhookDeliveryId: newKsuid(result.endedAtMs),
      emitterId: delivery.emitterId,
      channel: delivery.channel,
      eventId: delivery.eventId,
      status: result.isSuccess ? "success" : "dead",
      attempts: delivery.attempts + 1,
      responseStatus: result.status,
      error: result.error,
      startedAtMs: result.startedAtMs,
      endedAtMs: result.endedAtMs,
    };
    return { claim: delivery, webhookDelivery: record };
  }
}

function notSent(error: string): AttemptResult {
  const nowMs = Date.now();
  return { isSuccess: false, status: null, error, retryAfterMs: undefined, startedAtMs: nowMs, endedAtMs: nowMs };
}

/** Told on the `$errors` channel of the emitter whose event could not be delivered: that is where its owner looks. */
function deactivationError(
  target: WebhookTarget,
  cause: { delivery: ClaimedDelivery; result: AttemptResult; reason: DeactivationReason },
): EventDraft {
  const { delivery, result, reason } = cause;
  const why = reason === "gone" ? "its receiver answered 410" : "it has failed for too long";
  const msg = `Webhook ${target.webhookId} was deactivated: ${why} (${result.error})`;
  const error = {
    code: "WEBHOOK_DEACTIVATED",
    msg,
    cellId: null,
    ts: new Date(result.endedAtMs).toISOString(),
    stack: null,
  };
  const context = {
    id: delivery.emitId,
    emitter_id: delivery.emitterId,
    event_id: formatEventId(delivery.eventId),
    event_name: delivery.channel,
    webhook_id: target.webhookId,
  };
  // The payload may be anything that claims to be JSON: it goes in as it is only when it is.
  const payload = `{"error":${JSON.stringify(error)},"original_event":${jsonOrNull(delivery.payload)},"original_context":${JSON.stringify(context)}}`;
  return { orgId: delivery.orgId, emitterId: delivery.emitterId, channel: "$errors", payload };
}

function jsonOrNull(text: string): string {
  try {
    JSON.parse(text);
    return text;
  } catch {
    return "null";
  }
}
