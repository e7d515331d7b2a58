import type { Generated } from "kysely";

export interface UsersTable {
  user_id: string;
  username: string;
  email: string;
  created_at_ms: number;
}

export interface WorkspacesTable {
  org_id: string;
  orgname: string;
  name: string;
  email: string;
  created_at_ms: number;
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
  workspaces: WorkspacesTable;
  memberships: MembershipsTable;
  api_keys: ApiKeysTable;
  oauth_clients: OauthClientsTable;
  projects: ProjectsTable;
}
