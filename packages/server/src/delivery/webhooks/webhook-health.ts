import { notifyWithin, type Database } from "../../db/index.ts";
import type { WebhookCache, WebhookTarget } from "./webhook-cache.ts";
import { WEBHOOKS_TOPIC } from "./webhook-rows.ts";

/** Why a webhook was switched off. */
export type DeactivationReason = "gone" | "failing";

export interface WebhookHealthOptions {
  db: Database;
  cache: WebhookCache;
  /** A webhook that has failed for so long, without a success in between, is switched off. */
  giveUpAfterMs: number;
}

/** Remembers since when a webhook fails. Writes only when that changes. */
export class WebhookHealth {
  readonly #options: WebhookHealthOptions;

  constructor(options: WebhookHealthOptions) {
    this.#options = options;
  }

  async succeeded(target: WebhookTarget): Promise<void> {
    if (target.failingSinceMs === null) return;
    target.failingSinceMs = null;
    await this.#options.db.query(
      "update webhooks set failing_since_ms = null where org_id = $1 and webhook_id = $2 and failing_since_ms is not null",
      [target.orgId, target.webhookId],
    );
  }

  /** Why the webhook was switched off by this failure; null when it was not, or was before. */
  async failed(target: WebhookTarget, failure: { nowMs: number; isGone: boolean }): Promise<DeactivationReason | null> {
    if (failure.isGone) return (await this.#deactivate(target, failure.nowMs)) ? "gone" : null;
    if (target.failingSinceMs === null) {
      const { rows } = await this.#options.db.query<{ failing_since_ms: number }>(
        `update webhooks set failing_since_ms = coalesce(failing_since_ms, $3)
         where org_id = $1 and webhook_id = $2 returning failing_since_ms`,
        [target.orgId, target.webhookId, failure.nowMs],
      );
      target.failingSinceMs = rows[0]?.failing_since_ms ?? failure.nowMs;
    }
    if (failure.nowMs - target.failingSinceMs < this.#options.giveUpAfterMs) return null;
    return (await this.#deactivate(target, failure.nowMs)) ? "failing" : null;
  }

  /** True for the one call that switched it off, on whatever node. */
  async #deactivate(target: WebhookTarget, nowMs: number): Promise<boolean> {
    const { db, cache } = this.#options;
    const isFirst = await db.transaction(async (trx) => {
      const row = await trx
        .updateTable("webhooks")
        .set({ active: false, updated_at_ms: nowMs })
        .where("org_id", "=", target.orgId)
        .where("webhook_id", "=", target.webhookId)
        .where("active", "=", true)
        .returning("webhook_id")
        .executeTakeFirst();
      if (row) await notifyWithin(trx, { topic: WEBHOOKS_TOPIC, payload: target.webhookId });
      return row !== undefined;
    });
    cache.forget(target.webhookId);
    return isFirst;
  }
}
