/** A row of `webhooks`. */
export interface WebhookRow {
  org_id: string;
  webhook_id: string;
  user_id: string | null;
  url: string;
  name: string | null;
  description: string | null;
  active: boolean;
  vault_key_id: string;
  sealed_signing_key: string;
  failing_since_ms: number | null;
  created_at_ms: number;
  updated_at_ms: number;
}

/** Seals and opens signing keys. */
export interface SecretBox {
  seal(orgId: string, text: string): Promise<{ vaultKeyId: string; sealed: string }>;
  open(orgId: string, vaultKeyId: string, sealed: string): Promise<string>;
}

/** Topic on which nodes tell each other that a webhook changed. */
export const WEBHOOKS_TOPIC = "webhooks";
