import type { Generated } from "kysely";

export interface WorkflowsTable {
  org_id: string;
  workflow_id: string;
  project_id: string | null;
  user_id: string | null;
  name: string;
  active: Generated<boolean>;
  deployment_id: string;
  pending_deployment_id: string | null;
  created_at_ms: number;
  updated_at_ms: number;
}

export interface WorkflowVersionsTable {
  org_id: string;
  deployment_id: string;
  workflow_id: string;
  number: number;
  definition: string;
  created_at_ms: number;
}

export interface WorkflowTriggersTable {
  org_id: string;
  trigger_id: string;
  workflow_id: string;
  position: number;
  kind: "http" | "timer" | "email" | "source";
  key: string | null;
  is_owned: Generated<boolean>;
  config: string;
  created_at_ms: number;
  updated_at_ms: number;
}

export interface WorkflowRunsTable {
  org_id: string;
  workflow_id: string;
  run_id: string;
  trace_id: string;
  deployment_id: string;
  status: "queued" | "running" | "paused" | "success" | "error" | "cancelled";
  trigger_kind: string;
  trigger_emitter_id: string;
  trigger_channel: string;
  trigger_event_id: number;
  replay_of: string | null;
  state: string | null;
  error: string | null;
  started_at_ms: number;
  ended_at_ms: number | null;
  delivery_id: number | null;
  pending_event_id: number | null;
  destinations: string | null;
}

export interface WorkflowStepsTable {
  org_id: string;
  run_id: string;
  ordinal: number;
  key: string;
  namespace: string;
  kind: "step" | "block" | "decision";
  attempt: number;
  status: "success" | "error" | "skipped" | "paused";
  props: string | null;
  exports: string | null;
  return_value: string | null;
  logs: string | null;
  error: string | null;
  flow: string | null;
  sends: string | null;
  response: string | null;
  started_at_ms: number;
  ended_at_ms: number;
}

export interface WorkflowCallbacksTable {
  org_id: string;
  workflow_id: string;
  run_id: string;
  wait: string;
  purpose: "resume" | "cancel";
  request: string;
  created_at_ms: number;
}

export interface TemplatesTable {
  org_id: string;
  template_id: string;
  name: string;
  definition: string;
  created_at_ms: number;
}

export interface EnvironmentVariablesTable {
  org_id: string;
  project_id: Generated<string>;
  name: string;
  vault_key_id: string;
  sealed_value: string;
  updated_at_ms: number;
}

export interface DataStoresTable {
  org_id: string;
  data_store_id: string;
  name: string;
  created_at_ms: number;
  updated_at_ms: number;
}

export interface DataStoreRecordsTable {
  org_id: string;
  data_store_id: string;
  key: string;
  value: string;
  expires_at_ms: number | null;
  updated_at_ms: number;
}

export interface WorkflowErrorMailsTable {
  org_id: string;
  workflow_id: string;
  error_hash: string;
  sent_at_ms: number;
}

/** Tables of workflows. */
export interface WorkflowsSchema {
  workflows: WorkflowsTable;
  workflow_versions: WorkflowVersionsTable;
  workflow_triggers: WorkflowTriggersTable;
  workflow_runs: WorkflowRunsTable;
  workflow_steps: WorkflowStepsTable;
  workflow_callbacks: WorkflowCallbacksTable;
  templates: TemplatesTable;
  environment_variables: EnvironmentVariablesTable;
  data_stores: DataStoresTable;
  data_store_records: DataStoreRecordsTable;
  workflow_error_mails: WorkflowErrorMailsTable;
}
