import type { Database } from "../../db/index.ts";
import { WEBHOOKS_TOPIC, type SecretBox, type WebhookRow } from "./webhook-rows.ts";

/** What delivering needs to know of a webhook. */
export interface WebhookTarget {
  orgId: string;
  webhookId: string;
  url: string;
  isActive: boolean;
  signingKey: string;
  failingSinceMs: number | null;
}

const MAX_TARGETS = 10_000;

/** This node's copy of the webhooks that it delivers to. */
export class WebhookCache {
  readonly #db: Database;
  readonly #vault: SecretBox;
  readonly #targets = new Map<string, Promise<WebhookTarget | null>>();
  #unlisten: (() => void) | null = null;

  constructor(options: { db: Database; vault: SecretBox }) {
    this.#db = options.db;
    this.#vault = options.vault;
  }

  start(): void {
    this.#unlisten = this.#db.listen(WEBHOOKS_TOPIC, (hint) => {
      if (hint.type === "message" && typeof hint.payload === "string") this.#targets.delete(hint.payload);
      else this.#targets.clear();
    });
  }

  stop(): void {
    this.#unlisten?.();
    this.#unlisten = null;
  }

  /** null when it was deleted. @throws ApiError `unavailable`, VaultError */
  get(orgId: string, webhookId: string): Promise<WebhookTarget | null> {
    const known = this.#targets.get(webhookId);
    if (known) return known;
    if (this.#targets.size >= MAX_TARGETS) this.#targets.clear();
    const loading = this.#load(orgId, webhookId);
    this.#targets.set(webhookId, loading);
    loading.catch(() => this.#targets.delete(webhookId));
    return loading;
  }

  forget(webhookId: string): void {
    this.#targets.delete(webhookId);
  }

  async #load(orgId: string, webhookId: string): Promise<WebhookTarget | null> {
    const { rows } = await this.#db.query<WebhookRow>("select * from webhooks where org_id = $1 and webhook_id = $2", [
      orgId,
      webhookId,
    ]);
    const [row] = rows;
    if (!row) return null;
    return {
      orgId,
      webhookId,
      url: row.url,
      isActive: row.active,
      signingKey: await this.#vault.open(orgId, row.vault_key_id, row.sealed_signing_key),
      failingSinceMs: row.failing_since_ms,
    };
  }
}
