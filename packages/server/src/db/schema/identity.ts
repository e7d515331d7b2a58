import type { Generated } from "kysely";

export interface UsersTable {
  user_id: string;
  username: string;
  email: string;
  created_at_ms: number;
  password_hash: string | null;
  email_verified_at_ms: number | null;
}

export interface UserIdentitiesTable {
  issuer: string;
  subject: string;
  user_id: string;
  created_at_ms: number;
}

export interface SessionsTable {
  session_id: string;
  user_id: string;
  token_hash: string;
  method: "password" | "link" | "oidc";
  ip: string;
  user_agent: string | null;
  created_at_ms: number;
  last_used_at_ms: number;
  expires_at_ms: number;
}

export interface LoginBucketsTable {
  subject: string;
  full_at_ms: number;
}

export interface InvitationsTable {
  org_id: string;
  invitation_id: string;
  email: string;
  role: "owner" | "admin" | "member" | "viewer";
  token_hash: string;
  invited_by: string | null;
  created_at_ms: number;
  expires_at_ms: number;
}

export interface WorkspacesTable {
  org_id: string;
  orgname: string;
  name: string;
  email: string;
  created_at_ms: number;
  deleted_at_ms: number | null;
  daily_credits_quota: number | null;
}

export interface MembershipsTable {
  org_id: string;
  user_id: string;
  role: "owner" | "admin" | "member" | "viewer";
  created_at_ms: number;
}

export interface ApiKeysTable {
  api_key_id: string;
  user_id: string;
  org_id: string | null;
  name: string;
  key_hash: string;
  key_hint: string;
  scopes: Generated<string[]>;
  created_at_ms: number;
  expires_at_ms: number | null;
  last_used_at_ms: number | null;
  revoked_at_ms: number | null;
}

export interface OauthClientsTable {
  org_id: string;
  client_id: string;
  name: string;
  secret_hash: string;
  created_at_ms: number;
  revoked_at_ms: number | null;
  role: Generated<"admin" | "member" | "viewer">;
  scopes: Generated<string[]>;
  secret_hint: Generated<string>;
  previous_secret_hash: string | null;
  previous_secret_expires_at_ms: number | null;
  last_used_at_ms: number | null;
}

export interface OauthSigningKeysTable {
  key_id: string;
  public_jwk: string;
  sealed_private_jwk: string;
  created_at_ms: number;
  signs_from_ms: number;
}

export interface OauthIssuersTable {
  issuer: string;
  seen_at_ms: number;
}

export interface OauthRevokedTokensTable {
  token_id: string;
  expires_at_ms: number;
}

export interface ProjectsTable {
  org_id: string;
  project_id: string;
  name: string;
  created_at_ms: number;
}

/** Tables of identity. */
export interface IdentitySchema {
  users: UsersTable;
  user_identities: UserIdentitiesTable;
  sessions: SessionsTable;
  login_buckets: LoginBucketsTable;
  invitations: InvitationsTable;
  workspaces: WorkspacesTable;
  memberships: MembershipsTable;
  api_keys: ApiKeysTable;
  oauth_clients: OauthClientsTable;
  oauth_signing_keys: OauthSigningKeysTable;
  oauth_issuers: OauthIssuersTable;
  oauth_revoked_tokens: OauthRevokedTokensTable;
  projects: ProjectsTable;
}
