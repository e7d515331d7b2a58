-- Millrace's first schema. Conventions: times are epoch milliseconds (bigint, `_ms`); event ids are one bigint,
-- milliseconds * 1024 + sequence (a safe JavaScript integer), shown as `<ms>-<seq>`; payloads are JSON text, never parsed here;
-- every tenant table leads with org_id so that a workspace can become a shard key.

-- identity ------------------------------------------------------------------------------------------------------
create table users (
  user_id text primary key,
  username text not null unique,
  email text not null unique,
  created_at_ms bigint not null
);
create table workspaces (
  org_id text primary key,
  orgname text not null unique,
  name text not null,
  email text not null,
  created_at_ms bigint not null
);
create table memberships (
  org_id text not null references workspaces on delete cascade,
  user_id text not null references users on delete cascade,
  role text not null check (role in ('owner', 'admin', 'member', 'viewer')),
  created_at_ms bigint not null,
  primary key (org_id, user_id)
);
create index memberships_user_id on memberships (user_id);
create table api_keys (
  api_key_id text primary key,
  user_id text not null references users on delete cascade,
  org_id text references workspaces on delete cascade, -- null: reaches all of the user's workspaces
  name text not null,
  key_hash text not null unique, -- SHA-256 of the key, hex
  key_hint text not null, -- last characters, to recognise it in a list
  scopes text[] not null default '{}',
  created_at_ms bigint not null,
  expires_at_ms bigint,
  last_used_at_ms bigint,
  revoked_at_ms bigint
);
create table oauth_clients (
  org_id text not null references workspaces on delete cascade,
  client_id text primary key,
  name text not null,
  secret_hash text not null,
  created_at_ms bigint not null,
  revoked_at_ms bigint
);
create table projects (
  org_id text not null references workspaces on delete cascade,
  project_id text primary key,
  name text not null,
  created_at_ms bigint not null
);
create index projects_org_id on projects (org_id);

-- accounts ------------------------------------------------------------------------------------------------------
create table apps (
  app_id text primary key,
  name_slug text not null unique,
  name text not null,
  auth_type text not null default 'keys' check (auth_type in ('keys', 'oauth', 'none')),
  description text,
  img_src text,
  custom_fields_json text not null default '[]',
  categories text[] not null default '{}',
  created_at_ms bigint not null
);
create index apps_name on apps (lower(name), name_slug);
insert into apps (app_id, name_slug, name, auth_type, description, img_src, custom_fields_json, categories, created_at_ms) values
  ('app_OkrhR1', 'slack', 'Slack', 'oauth',
   'Slack is a channel-based messaging platform. With Slack, people can work together more effectively, connect all their software tools and services, and find the information they need to do their best work — all within a secure, enterprise-grade environment.',
   'https://assets.pipedream.net/s.v0/app_OkrhR1/logo/orig', '[]', '{Communication}', 0),
  ('app_mWnheL', 'slack_bot', 'Slack Bot', 'keys', 'Interact with Slack with your own bot user',
   'https://assets.pipedream.net/s.v0/app_mWnheL/logo/orig',
   '[{"name":"bot_token","label":"Bot Token","description":null,"default":null,"optional":null,"type":"password"}]',
   '{Communication}', 0);
-- One data key per workspace, wrapped by the instance's secret key (envelope encryption).
create table vault_keys (
  org_id text not null references workspaces on delete cascade,
  vault_key_id text not null,
  wrapped_key text not null,
  created_at_ms bigint not null,
  primary key (org_id, vault_key_id)
);
create table accounts (
  org_id text not null references workspaces on delete cascade,
  account_id text not null,
  user_id text references users,
  app_id text not null references apps,
  name text,
  external_user_id text,
  oauth_app_id text,
  vault_key_id text not null,
  sealed_credentials text not null,
  credentials_expire_at_ms bigint,
  healthy boolean not null default true,
  error text,
  created_at_ms bigint not null,
  updated_at_ms bigint not null,
  primary key (org_id, account_id)
);
create unique index accounts_account_id on accounts (account_id);

-- components and sources ----------------------------------------------------------------------------------------
create table components (
  org_id text not null references workspaces on delete cascade,
  component_id text not null,
  key text,
  version text not null default '',
  name text not null,
  kind text not null check (kind in ('source', 'action', 'app')),
  code text not null,
  code_hash text not null, -- SHA-256 of code (and of its origin when relative files belong to it), hex
  origin text, -- the component_url it was made from, or that its code is said to lie at
  bundle text not null, -- what the runner loads: the component's own files as one ES module with inline source map
  depset_hash text, -- dependency set in the store; null = imports nothing from npm
  depset_lock text, -- the lockfile that rebuilds it
  definition text not null, -- ComponentDefinition as JSON
  created_at_ms bigint not null,
  updated_at_ms bigint not null,
  primary key (org_id, component_id)
);
create unique index components_component_id on components (component_id);
create unique index components_org_id_code_hash on components (org_id, code_hash);
create index components_org_id_key on components (org_id, key, updated_at_ms desc);
-- The instance-wide registry: a key points at one published component.
create table registry_entries (
  key text primary key,
  org_id text not null,
  component_id text not null,
  published_at_ms bigint not null,
  foreign key (org_id, component_id) references components on delete cascade
);
create table sources (
  org_id text not null references workspaces on delete cascade,
  source_id text not null,
  user_id text references users,
  component_id text not null,
  name text not null,
  name_slug text not null,
  state text not null check (state in ('deploying', 'active', 'inactive', 'updating')),
  deployment_id text not null, -- changes with each update of code or props: the runner's version
  configured_props text not null, -- JSON, wire form
  -- Who works on it while 'deploying' or 'updating', and whether it was active before 'updating'.
  deploying_node_id text,
  deploying_epoch bigint,
  was_active boolean not null default false,
  created_at_ms bigint not null,
  updated_at_ms bigint not null,
  primary key (org_id, source_id),
  foreign key (org_id, component_id) references components
);
create unique index sources_source_id on sources (source_id);
create unique index sources_org_id_name_slug on sources (org_id, name_slug);
create table source_db (
  org_id text not null,
  source_id text not null,
  key text not null,
  value text not null,
  primary key (org_id, source_id, key),
  foreign key (org_id, source_id) references sources on delete cascade
);
create table dedupe_memory (
  org_id text not null,
  source_id text not null,
  channel text not null,
  memory text not null, -- JSON owned by core/dedupe
  primary key (org_id, source_id, channel),
  foreign key (org_id, source_id) references sources on delete cascade
);
create table endpoints (
  org_id text not null references workspaces on delete cascade,
  endpoint_key text primary key,
  owner_id text not null, -- dc_ now, workflows' triggers later
  prop_name text not null,
  custom_response boolean not null default false,
  active boolean not null default true,
  created_at_ms bigint not null
);
create index endpoints_org_id_owner_id on endpoints (org_id, owner_id);
-- What a component answered to a request whose socket another node holds; that node takes it.
create table endpoint_responses (
  org_id text not null references workspaces on delete cascade,
  emit_id text not null, -- of the request's event
  outcome text not null, -- JSON: how the run ended for the caller
  created_at_ms bigint not null,
  primary key (org_id, emit_id)
);
create table timers (
  org_id text not null references workspaces on delete cascade,
  timer_id text primary key,
  owner_id text not null,
  prop_name text not null,
  interval_seconds integer,
  cron text,
  timezone text not null default 'UTC',
  active boolean not null default false,
  next_at_ms bigint, -- null: never again
  schedule_changed_at_ms bigint not null,
  check ((interval_seconds is null) <> (cron is null))
);
create index timers_org_id_owner_id on timers (org_id, owner_id);
create index timers_next_at_ms on timers (next_at_ms) where active;

-- events and deliveries -----------------------------------------------------------------------------------------
create table emitter_heads (
  org_id text not null,
  emitter_id text not null,
  head bigint not null, -- the last event id given out
  primary key (org_id, emitter_id)
) with (fillfactor = 50); -- updated with every batch: room for updates in place
create table events (
  org_id text not null,
  emitter_id text not null,
  channel text not null,
  event_id bigint not null,
  emit_id text not null, -- KSUID
  payload text not null,
  metadata text, -- JSON {id?, summary?, ts?}; null = none
  primary key (org_id, emitter_id, channel, event_id)
) partition by range (event_id);
create table subscriptions (
  org_id text not null references workspaces on delete cascade,
  subscription_id text primary key,
  emitter_id text not null, -- id, 'p_*', 'dc_*' or the workspace's own id
  channel text not null,
  listener_id text not null,
  created_at_ms bigint not null,
  unique (org_id, emitter_id, channel, listener_id)
);
-- Grows with each change of a workspace's subscriptions; a commit that matched by an older one is done again.
create table subscription_versions (
  org_id text primary key references workspaces on delete cascade,
  version bigint not null
);
create table auto_subscriptions (
  org_id text not null references workspaces on delete cascade,
  auto_subscription_id text primary key,
  channel text not null,
  listener_id text not null,
  created_at_ms bigint not null,
  unique (org_id, channel, listener_id)
);
create table webhooks (
  org_id text not null references workspaces on delete cascade,
  webhook_id text primary key,
  user_id text references users,
  url text not null,
  name text,
  description text,
  active boolean not null default true,
  vault_key_id text not null,
  sealed_signing_key text not null,
  failing_since_ms bigint,
  created_at_ms bigint not null,
  updated_at_ms bigint not null
);
create index webhooks_org_id on webhooks (org_id);
-- Nodes take delivery ids from here in blocks of 1,000.
create sequence delivery_id_blocks;
-- One event on its way to one listener: the unit of queued work. A row lives only while work is owed.
create table deliveries (
  delivery_id bigint primary key,
  org_id text not null,
  listener_id text not null,
  emitter_id text not null,
  channel text not null,
  event_id bigint not null,
  attempts integer not null default 0,
  due_at_ms bigint not null,
  created_at_ms bigint not null,
  node_id text, -- null: nobody holds it
  epoch bigint,
  last_error text
);
-- Deliveries are born claimed, so the two indexes of those that wait cost nothing on the hot path.
create index deliveries_waiting_due_at_ms on deliveries (due_at_ms) where node_id is null;
create index deliveries_waiting_listener_id on deliveries (org_id, listener_id, due_at_ms) where node_id is null;
create index deliveries_node_id on deliveries (node_id) where node_id is not null;
-- Emits with a delivery_ts in the future: the emitter's $in channel. Moved into events when due.
create table scheduled_emits (
  org_id text not null,
  emitter_id text not null,
  event_id bigint not null,
  channel text not null,
  emit_id text not null,
  payload text not null,
  metadata text,
  deliver_at_ms bigint not null,
  primary key (org_id, emitter_id, event_id)
);
create index scheduled_emits_deliver_at_ms on scheduled_emits (deliver_at_ms);

-- what happened -------------------------------------------------------------------------------------------------
create table source_runs (
  org_id text not null,
  source_id text not null,
  run_id text not null, -- KSUID
  started_at_ms bigint not null,
  ended_at_ms bigint not null,
  deployment_id text not null,
  cause text not null, -- 'http' | 'timer' | 'event' | 'manual' | 'deploy' | 'activate' | 'deactivate'
  status text not null check (status in ('success', 'error')),
  attempt integer not null default 1,
  trigger_emitter_id text,
  trigger_channel text,
  trigger_event_id bigint,
  emit_count integer not null,
  logs text, -- JSON array of observations; null = none
  error text, -- JSON {code, name, message, stack?}; null = none
  primary key (org_id, source_id, started_at_ms, run_id)
) partition by range (started_at_ms);
create table webhook_deliveries (
  org_id text not null,
  webhook_id text not null,
  webhook_delivery_id text not null, -- KSUID
  emitter_id text not null,
  channel text not null,
  event_id bigint not null,
  status text not null check (status in ('success', 'dead')),
  attempts integer not null,
  response_status integer,
  error text,
  started_at_ms bigint not null,
  ended_at_ms bigint not null,
  primary key (org_id, webhook_id, ended_at_ms, webhook_delivery_id)
) partition by range (ended_at_ms);

-- the instance --------------------------------------------------------------------------------------------------
create table nodes (
  node_id text primary key,
  epoch bigint not null,
  roles text[] not null,
  started_at_ms bigint not null,
  heartbeat_at_ms bigint not null,
  stopped_at_ms bigint,
  info text not null default '{}'
);
create table instance_settings (
  name text primary key,
  value text not null
);
create table idempotency_keys (
  owner text not null, -- user or OAuth client
  idempotency_key text not null,
  request_hash text not null,
  lease_id text not null, -- of the request that is being worked on
  lease_until_ms bigint not null,
  response_status integer,
  response_body text, -- sealed: answers may hold secrets that are shown once
  created_at_ms bigint not null,
  primary key (owner, idempotency_key)
);
create table audit_log (
  org_id text not null,
  audit_id text not null,
  at_ms bigint not null,
  actor text not null,
  action text not null,
  subject text not null,
  ip text,
  primary key (org_id, at_ms, audit_id)
);
