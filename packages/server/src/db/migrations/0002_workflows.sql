-- Workflows: definitions, their immutable versions, triggers, runs and what runs wait for. A run that waits is a pending
-- emit on the workflow's own `$resume` channel (scheduled_emits), so a sleeping run costs one row and no memory.

create table workflows (
  org_id text not null references workspaces on delete cascade,
  workflow_id text primary key,
  project_id text references projects,
  user_id text references users,
  name text not null,
  active boolean not null default true,
  deployment_id text not null, -- the version that runs
  pending_deployment_id text, -- a version saved with auto_deploy false: the next activation makes it the one that runs
  created_at_ms bigint not null,
  updated_at_ms bigint not null
);
create index workflows_org_id on workflows (org_id, created_at_ms desc);
create table workflow_versions (
  org_id text not null references workspaces on delete cascade,
  deployment_id text primary key,
  workflow_id text not null references workflows on delete cascade,
  number integer not null,
  definition text not null, -- JSON: name, settings, steps with their saved components, triggers
  created_at_ms bigint not null,
  unique (workflow_id, number)
);
create table workflow_triggers (
  org_id text not null references workspaces on delete cascade,
  trigger_id text not null, -- hi_, ti_, ei_ or dc_
  workflow_id text not null references workflows on delete cascade,
  position integer not null,
  kind text not null check (kind in ('http', 'timer', 'email', 'source')),
  key text, -- endpoint key, or local part of the address
  is_owned boolean not null default true, -- false: an existing source that goes on without the workflow
  config text not null, -- JSON
  created_at_ms bigint not null,
  updated_at_ms bigint not null,
  primary key (org_id, workflow_id, trigger_id)
);
create unique index workflow_triggers_key on workflow_triggers (key) where key is not null;
-- A workflow's endpoint behaves in its own way: JSON; null for endpoints of sources.
alter table endpoints add column behavior text;
-- Steps in Python and Bash are saved like components; they have no bundle.
alter table components add column lang text not null default 'nodejs' check (lang in ('nodejs', 'python', 'bash'));
drop index components_org_id_code_hash;
create unique index components_org_id_code_hash_lang on components (org_id, code_hash, lang);
create table workflow_runs (
  org_id text not null,
  workflow_id text not null,
  run_id text not null, -- KSUID made of the trigger's emit id and the workflow, so that a repeated delivery finds it
  trace_id text not null,
  deployment_id text not null,
  status text not null check (status in ('queued', 'running', 'paused', 'success', 'error', 'cancelled')),
  trigger_kind text not null,
  trigger_emitter_id text not null,
  trigger_channel text not null,
  trigger_event_id bigint not null,
  replay_of text,
  state text, -- JSON of the engine: where it is, exports so far; null once ended
  error text, -- JSON; null = none
  started_at_ms bigint not null,
  ended_at_ms bigint,
  delivery_id bigint, -- that works on it; null while it waits and once it has ended
  pending_event_id bigint, -- the `$resume` emit in scheduled_emits that it waits for
  destinations text, -- JSON: what became of its sends
  primary key (org_id, workflow_id, run_id)
);
create unique index workflow_runs_run_id on workflow_runs (run_id);
create index workflow_runs_started on workflow_runs (org_id, workflow_id, started_at_ms desc);
create index workflow_runs_ended_at_ms on workflow_runs (ended_at_ms) where ended_at_ms is not null;
create table workflow_steps (
  org_id text not null,
  run_id text not null,
  ordinal integer not null, -- in the order of their ends; a rerun or retry is a new row
  key text not null, -- namespace and the place in the loops around it
  namespace text not null,
  kind text not null check (kind in ('step', 'block', 'decision')),
  attempt integer not null,
  status text not null check (status in ('success', 'error', 'skipped', 'paused')),
  props text,
  exports text,
  return_value text,
  logs text,
  error text,
  flow text, -- JSON: what it asked of the flow
  sends text, -- JSON: what is to be sent when the run has ended
  response text, -- JSON: its answer to the caller, until the run ends
  started_at_ms bigint not null,
  ended_at_ms bigint not null,
  primary key (org_id, run_id, ordinal)
);
-- Calls of resume and cancel URLs that came while their step was still at work: they count once the run waits.
create table workflow_callbacks (
  org_id text not null,
  workflow_id text not null,
  run_id text not null,
  wait text not null, -- which of the run's waits
  purpose text not null check (purpose in ('resume', 'cancel')),
  request text not null, -- JSON
  created_at_ms bigint not null,
  primary key (org_id, run_id, wait)
);
-- Emits that are put off may have one listener of their own: a run that waits.
alter table scheduled_emits add column direct_listener_id text;
create table templates (
  org_id text not null references workspaces on delete cascade,
  template_id text primary key,
  name text not null,
  definition text not null,
  created_at_ms bigint not null
);
create table environment_variables (
  org_id text not null references workspaces on delete cascade,
  project_id text not null default '', -- '' = the whole workspace
  name text not null,
  vault_key_id text not null,
  sealed_value text not null,
  updated_at_ms bigint not null,
  primary key (org_id, project_id, name)
);
create table data_stores (
  org_id text not null references workspaces on delete cascade,
  data_store_id text primary key,
  name text not null,
  created_at_ms bigint not null,
  updated_at_ms bigint not null
);
create table data_store_records (
  org_id text not null,
  data_store_id text not null references data_stores on delete cascade,
  key text not null,
  value text not null, -- JSON text
  expires_at_ms bigint,
  updated_at_ms bigint not null,
  primary key (org_id, data_store_id, key)
);
create index data_store_records_expires_at_ms on data_store_records (expires_at_ms) where expires_at_ms is not null;
-- When the owner of a workflow was last told of an error: an error that comes back is told once a day.
create table workflow_error_mails (
  org_id text not null references workspaces on delete cascade,
  workflow_id text not null references workflows on delete cascade,
  error_hash text not null,
  sent_at_ms bigint not null,
  primary key (org_id, workflow_id, error_hash)
);
