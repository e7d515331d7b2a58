import type { Generated } from "kysely";

export interface MigrationsTable {
  number: number;
  name: string;
  sha256: string;
  applied_at_ms: number;
}

export interface NodesTable {
  node_id: string;
  epoch: number;
  roles: string[];
  started_at_ms: number;
  heartbeat_at_ms: number;
  stopped_at_ms: number | null;
  info: Generated<string>;
}

export interface InstanceSettingsTable {
  name: string;
  value: string;
}

export interface IdempotencyKeysTable {
  owner: string;
  idempotency_key: string;
  request_hash: string;
  lease_id: string;
  lease_until_ms: number;
  response_status: number | null;
  response_body: string | null;
  created_at_ms: number;
}

export interface AuditLogTable {
  org_id: string;
  audit_id: string;
  at_ms: number;
  actor: string;
  action: string;
  subject: string;
  ip: string | null;
  credential_id: string | null;
  details: string | null;
}

/** Tables of instance. */
export interface InstanceSchema {
  migrations: MigrationsTable;
  nodes: NodesTable;
  instance_settings: InstanceSettingsTable;
  idempotency_keys: IdempotencyKeysTable;
  audit_log: AuditLogTable;
}
