import type { Generated } from "kysely";

export interface AppsTable {
  app_id: string;
  name_slug: string;
  name: string;
  auth_type: Generated<"keys" | "oauth" | "none">;
  description: string | null;
  img_src: string | null;
  custom_fields_json: Generated<string>;
  categories: Generated<string[]>;
  created_at_ms: number;
}

export interface VaultKeysTable {
  org_id: string;
  vault_key_id: string;
  wrapped_key: string;
  created_at_ms: number;
}

export interface AccountsTable {
  org_id: string;
  account_id: string;
  user_id: string | null;
  app_id: string;
  name: string | null;
  external_user_id: string | null;
  oauth_app_id: string | null;
  vault_key_id: string;
  sealed_credentials: string;
  credentials_expire_at_ms: number | null;
  healthy: Generated<boolean>;
  error: string | null;
  created_at_ms: number;
  updated_at_ms: number;
}

/** Tables of accounts. */
export interface AccountsSchema {
  apps: AppsTable;
  vault_keys: VaultKeysTable;
  accounts: AccountsTable;
}
