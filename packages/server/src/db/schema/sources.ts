import type { Generated } from "kysely";

export interface SourcesTable {
  org_id: string;
  source_id: string;
  user_id: string | null;
  component_id: string;
  name: string;
  name_slug: string;
  state: "deploying" | "active" | "inactive" | "updating";
  deployment_id: string;
  configured_props: string;
  deploying_node_id: string | null;
  deploying_epoch: number | null;
  was_active: Generated<boolean>;
  created_at_ms: number;
  updated_at_ms: number;
}

export interface SourceDbTable {
  org_id: string;
  source_id: string;
  key: string;
  value: string;
}

export interface DedupeMemoryTable {
  org_id: string;
  source_id: string;
  channel: string;
  memory: string;
}

export interface EndpointsTable {
  org_id: string;
  endpoint_key: string;
  owner_id: string;
  prop_name: string;
  custom_response: Generated<boolean>;
  active: Generated<boolean>;
  created_at_ms: number;
  behavior: string | null;
}

export interface EndpointResponsesTable {
  org_id: string;
  emit_id: string;
  outcome: string;
  created_at_ms: number;
}

export interface TimersTable {
  org_id: string;
  timer_id: string;
  owner_id: string;
  prop_name: string;
  interval_seconds: number | null;
  cron: string | null;
  timezone: Generated<string>;
  active: Generated<boolean>;
  next_at_ms: number | null;
  schedule_changed_at_ms: number;
}

export interface SourceRunsTable {
  org_id: string;
  source_id: string;
  run_id: string;
  started_at_ms: number;
  ended_at_ms: number;
  deployment_id: string;
  cause: string;
  status: "success" | "error";
  attempt: Generated<number>;
  trigger_emitter_id: string | null;
  trigger_channel: string | null;
  trigger_event_id: number | null;
  emit_count: number;
  logs: string | null;
  error: string | null;
}

/** Tables of sources. */
export interface SourcesSchema {
  sources: SourcesTable;
  source_db: SourceDbTable;
  dedupe_memory: DedupeMemoryTable;
  endpoints: EndpointsTable;
  endpoint_responses: EndpointResponsesTable;
  timers: TimersTable;
  source_runs: SourceRunsTable;
}
