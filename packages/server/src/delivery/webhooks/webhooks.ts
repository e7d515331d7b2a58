import { sql, type Kysely } from "kysely";
import { invalidInput, newId, notFound, type Page, type PageRequest } from "../../core/index.ts";
import { notifyWithin, selectPage, type Database, type Schema } from "../../db/index.ts";
import type { Subscriptions } from "../../events/index.ts";
import { newSigningKey } from "./signature.ts";
import { WEBHOOKS_TOPIC, type SecretBox, type WebhookRow } from "./webhook-rows.ts";

export interface WebhooksOptions {
  db: Database;
  vault: SecretBox;
  subscriptions: Pick<Subscriptions, "onParticipantDeleted">;
}

export interface NewWebhook {
  userId: string | null;
  url: string;
  name?: string | undefined;
  description?: string | undefined;
}

export interface WebhookChanges {
  url?: string | undefined;
  name?: string | null | undefined;
  description?: string | null | undefined;
  active?: boolean | undefined;
}

/** The webhooks of workspaces: where their events are posted. */
export class Webhooks {
  readonly #options: WebhooksOptions;

  constructor(options: WebhooksOptions) {
    this.#options = options;
  }

  /** The signing key is shown this once. @throws ApiError 400 for a URL that is none */
  async create(orgId: string, webhook: NewWebhook): Promise<{ row: WebhookRow; signingKey: string }> {
    const url = assertHttpUrl(webhook.url);
    const signingKey = newSigningKey();
    const { vaultKeyId, sealed } = await this.#options.vault.seal(orgId, signingKey);
    const nowMs = Date.now();
    const row: WebhookRow = {
      org_id: orgId,
      webhook_id: newId("webhook"),
      user_id: webhook.userId,
      url,
      name: webhook.name ?? null,
      description: webhook.description ?? null,
      active: true,
      vault_key_id: vaultKeyId,
      sealed_signing_key: sealed,
      failing_since_ms: null,
      created_at_ms: nowMs,
      updated_at_ms: nowMs,
    };
    await this.#options.db.kysely.insertInto("webhooks").values(row).execute();
    return { row, signingKey };
  }

  /** @throws ApiError 404 */
  async find(orgIds: readonly string[], webhookId: string): Promise<WebhookRow> {
    const { rows } = await this.#options.db.query<WebhookRow>(
      "select * from webhooks where org_id = any($1) and webhook_id = $2",
      [[...orgIds], webhookId],
    );
    if (!rows[0]) throw notFound(`Webhook ${webhookId}`);
    return rows[0];
  }

  list(orgIds: readonly string[], page: PageRequest): Promise<Page<WebhookRow>> {
    return selectPage<WebhookRow>(this.#options.db.kysely, {
      columns: sql`*`,
      from: sql`webhooks`,
      where: sql`org_id = any(${[...orgIds]})`,
      id: sql`webhook_id`,
      sort: sql`created_at_ms`,
      direction: "desc",
      page,
    });
  }

  /** Switching a webhook on again forgets its failures. @throws ApiError 400, 404 */
  async update(orgIds: readonly string[], webhookId: string, changes: WebhookChanges): Promise<WebhookRow> {
    const { url, name, description, active } = changes;
    const set = {
      ...(url !== undefined && { url: assertHttpUrl(url) }),
      ...(name !== undefined && { name }),
      ...(description !== undefined && { description }),
      ...(active !== undefined && { active }),
      ...(active === true && { failing_since_ms: null }),
      updated_at_ms: Date.now(),
    };
    return this.#change(orgIds, { webhookId, set });
  }

  /** Deliveries are signed with the new key from now on. @throws ApiError 404 */
  async rotateSigningKey(orgIds: readonly string[], webhookId: string): Promise<string> {
    const { org_id: orgId } = await this.find(orgIds, webhookId);
    const signingKey = newSigningKey();
    const { vaultKeyId, sealed } = await this.#options.vault.seal(orgId, signingKey);
    const set = { vault_key_id: vaultKeyId, sealed_signing_key: sealed, updated_at_ms: Date.now() };
    await this.#change([orgId], { webhookId, set });
    return signingKey;
  }

  /** Removes it with its subscriptions and what it is owed. @throws ApiError 404 */
  async delete(orgIds: readonly string[], webhookId: string): Promise<void> {
    const { org_id: orgId } = await this.find(orgIds, webhookId);
    await this.#options.db.transaction(async (trx) => {
      await trx.deleteFrom("webhooks").where("org_id", "=", orgId).where("webhook_id", "=", webhookId).execute();
      await trx.deleteFrom("deliveries").where("org_id", "=", orgId).where("listener_id", "=", webhookId).execute();
      await this.#options.subscriptions.onParticipantDeleted(trx, { orgId, id: webhookId });
      await announce(trx, webhookId);
    });
  }

  async #change(
    orgIds: readonly string[],
    change: { webhookId: string; set: Partial<WebhookRow> },
  ): Promise<WebhookRow> {
    return this.#options.db.transaction(async (trx) => {
      const row = await trx
        .updateTable("webhooks")
        .set(change.set)
        .where("org_id", "in", orgIds)
        .where("webhook_id", "=", change.webhookId)
        .returningAll()
        .executeTakeFirst();
      if (!row) throw notFound(`Webhook ${change.webhookId}`);
      await announce(trx, change.webhookId);
      return row;
    });
  }
}

function announce(trx: Kysely<Schema>, webhookId: string): Promise<void> {
  return notifyWithin(trx, { topic: WEBHOOKS_TOPIC, payload: webhookId });
}

function assertHttpUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  const isHttp = url !== null && (url.protocol === "http:" || url.protocol === "https:") && url.hostname !== "";
  if (isHttp && /^https?:\/\//i.test(text)) return text;
  throw invalidInput([{ path: "url", message: "must be an http or https URL with a host" }]);
}
