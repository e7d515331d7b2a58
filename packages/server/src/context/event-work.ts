import type { Logger } from "pino";
import type { Vault } from "../accounts/index.ts";
import type { Config } from "../config/index.ts";
import { DEFAULT_RETRY_POLICY, formatEventId, type RetryPolicy } from "../core/index.ts";
import { NodeWork } from "../daemon/index.ts";
import type { Database, NodeRegistration } from "../db/index.ts";
import {
  mailQuotaNotice,
  WebhookCache,
  WebhookDeliveries,
  WebhookHealth,
  WebhookLog,
  Webhooks,
  type DeliveryObserver,
  type QuotaNotice,
} from "../delivery/index.ts";
import { Mailer, type Egress } from "../egress/index.ts";
import { Subscriptions, type ClaimedDelivery, type LogObserver } from "../events/index.ts";

/** Told of all work; makes the trace context that goes out with a delivery, if it makes traces. */
export type WorkObserver = LogObserver &
  DeliveryObserver & { traceparentOf?: (delivery: ClaimedDelivery) => string | null };

export interface EventWorkOptions {
  db: Database;
  log: Logger;
  node: NodeRegistration;
  config: Config;
  vault: Vault;
  egress: Egress;
  webhookRetryPolicy: RetryPolicy | undefined;
  observer: WorkObserver;
}

const WEBHOOK_GIVE_UP_AFTER_MS = 5 * 24 * 3_600_000;
const SLOTS_PER_LISTENER = 64;

/** The log, and everything that carries its events. */
export type EventWork = ReturnType<typeof buildEventWork>;

/** Builds the log, the queue, subscriptions and webhooks; starts nothing. */
export function buildEventWork(options: EventWorkOptions) {
  const { db, log, node, config, vault } = options;
  const { deliverySlots } = config.limits;
  const work = new NodeWork({
    db,
    registration: node,
    observer: options.observer,
    limits: { total: deliverySlots, perListener: Math.min(SLOTS_PER_LISTENER, deliverySlots) },
    onError: (error) => log.warn({ err: error }, "work on deliveries failed; it is tried again"),
    dailyCreditsQuota: config.limits.dailyCreditsQuota,
    onQuota: tellOfQuotas({ db, log, config }),
    onFault: ({ delivery, error }) =>
      log.warn({ err: error, ...namesOf(delivery) }, "work on a delivery failed; it is tried again"),
    onQueueFull: ({ listenerId, size }) => log.warn({ workflowId: listenerId, size }, "a workflow's queue is full"),
  });
  const subscriptions = new Subscriptions({ db, cache: work.subscriptions });
  const webhookCache = new WebhookCache({ db, vault });
  if (config.roles.includes("worker")) registerWebhooks(work, webhookCache, options);
  return {
    work,
    subscriptions,
    webhookCache,
    webhooks: new Webhooks({ db, vault, subscriptions }),
    webhookLog: new WebhookLog({ db, onOwed: (dueAtMs) => work.claims.waiting(dueAtMs) }),
  };
}

function tellOfQuotas({ db, log, config }: Pick<EventWorkOptions, "db" | "log" | "config">) {
  const { smtpUrl, from } = config.mail;
  const mailer = smtpUrl === null ? null : new Mailer({ url: smtpUrl, from });
  return (notice: QuotaNotice): void => {
    log.warn({ ...notice }, "a workspace has reached a share of its daily credits");
    if (!mailer) return;
    const onError = (error: unknown): void => log.warn({ err: error, ...notice }, "a mail about a quota was not sent");
    void mailQuotaNotice({ db, mailer }, notice).catch(onError);
  };
}

/** What finds a delivery, and all that came of it, in the API. */
function namesOf({ orgId, listenerId, emitterId, eventId, attempts }: ClaimedDelivery) {
  return { orgId, listenerId, emitterId, eventId: formatEventId(eventId), attempts };
}

function registerWebhooks(work: NodeWork, cache: WebhookCache, options: EventWorkOptions): void {
  const deliveries = new WebhookDeliveries({
    egress: options.egress,
    cache,
    health: new WebhookHealth({ db: options.db, cache, giveUpAfterMs: WEBHOOK_GIVE_UP_AFTER_MS }),
    retryPolicy: options.webhookRetryPolicy ?? DEFAULT_RETRY_POLICY,
    traceparentOf: options.observer.traceparentOf,
  });
  work.dispatcher.register("wh_", (delivery, signal) => deliveries.handle(delivery, signal));
}
