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
  origin: Generated<"catalogue" | "file" | "api" | "component">;
  definition: string | null;
  featured_weight: Generated<number>;
}

export interface AppOverridesTable {
  name_slug: string;
  patch: string;
  created_at_ms: number;
  updated_at_ms: number;
}

export interface VaultKeysTable {
  org_id: string;
  vault_key_id: string;
  wrapped_key: string;
  created_at_ms: number;
  retired_at_ms: number | null;
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
  project_id: string | null;
  environment: string | null;
  dead: Generated<boolean>;
  authorized_scopes: Generated<string[]>;
  credentials_version: Generated<number>;
  last_refreshed_at_ms: number | null;
  next_refresh_at_ms: number | null;
  refresh_failures: Generated<number>;
  refresh_id: string | null;
  refresh_until_ms: number | null;
  refresh_unsure: Generated<boolean>;
}

export interface OauthAppsTable {
  org_id: string;
  oauth_app_id: string;
  app_id: string;
  project_id: string | null;
  name: string | null;
  description: string | null;
  client_id: string;
  vault_key_id: string;
  sealed_secret: string;
  scopes: Generated<string[]>;
  additional_scopes: Generated<string[]>;
  authorize_params_json: Generated<string>;
  created_at_ms: number;
  updated_at_ms: number;
}

export interface ConnectLinksTable {
  org_id: string;
  link_hash: string;
  user_id: string | null;
  actor: string;
  app_id: string;
  oauth_app_id: string | null;
  account_id: string | null;
  name: string | null;
  external_user_id: string | null;
  project_id: string | null;
  environment: string | null;
  success_url: string | null;
  error_url: string | null;
  expires_at_ms: number;
  used_at_ms: number | null;
}

export interface ConnectAttemptsTable {
  org_id: string;
  state_hash: string;
  link_hash: string;
  browser_hash: string;
  vault_key_id: string;
  sealed_state: string;
  expires_at_ms: number;
}

/** Tables of accounts. */
export interface AccountsSchema {
  apps: AppsTable;
  app_overrides: AppOverridesTable;
  vault_keys: VaultKeysTable;
  accounts: AccountsTable;
  oauth_apps: OauthAppsTable;
  connect_links: ConnectLinksTable;
  connect_attempts: ConnectAttemptsTable;
}
