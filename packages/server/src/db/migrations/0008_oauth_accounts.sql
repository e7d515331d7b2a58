-- Accounts connected by OAuth, kept fresh; the clients they are connected with; connections under way; retired keys.
alter table vault_keys add column retired_at_ms bigint; -- set: seals nothing any more, opens what is not sealed anew yet

alter table accounts
  add column project_id text,
  add column environment text,
  add column dead boolean not null default false, -- given up: only reconnecting helps
  add column authorized_scopes text[] not null default '{}',
  add column credentials_version bigint not null default 0, -- counts the changes of the credentials
  add column last_refreshed_at_ms bigint,
  add column next_refresh_at_ms bigint, -- null: nothing to refresh
  add column refresh_failures integer not null default 0, -- in a row
  add column refresh_id text, -- the attempt that holds the account
  add column refresh_until_ms bigint, -- by the database's clock: the attempt counts as dead from then on
  add column refresh_unsure boolean not null default false; -- the provider may have answered something that nobody wrote down
create index accounts_next_refresh on accounts (next_refresh_at_ms) where next_refresh_at_ms is not null and not dead;
create index accounts_external_user on accounts (org_id, external_user_id) where external_user_id is not null;
create index accounts_oauth_app on accounts (org_id, oauth_app_id) where oauth_app_id is not null;

-- A workspace's own clients at providers. The operator's, which serve all workspaces, stand in a file.
create table oauth_apps (
  org_id text not null references workspaces on delete cascade,
  oauth_app_id text not null,
  app_id text not null references apps,
  project_id text,
  name text,
  description text,
  client_id text not null,
  vault_key_id text not null,
  sealed_secret text not null,
  scopes text[] not null default '{}', -- empty: the app's
  additional_scopes text[] not null default '{}',
  authorize_params_json text not null default '{}',
  created_at_ms bigint not null,
  updated_at_ms bigint not null,
  primary key (org_id, oauth_app_id)
);
create unique index oauth_apps_oauth_app_id on oauth_apps (oauth_app_id);

-- A link under which one account is connected, once.
create table connect_links (
  org_id text not null references workspaces on delete cascade,
  link_hash text not null, -- SHA-256 of the token in the link, hex
  user_id text,
  actor text not null,
  app_id text not null references apps,
  oauth_app_id text,
  account_id text, -- the account to reconnect
  name text,
  external_user_id text,
  project_id text,
  environment text,
  success_url text,
  error_url text,
  expires_at_ms bigint not null,
  used_at_ms bigint,
  primary key (link_hash)
);
create index connect_links_org_id on connect_links (org_id);
create index connect_links_expires on connect_links (expires_at_ms);

-- Someone is at a provider's page: what must fit when they come back. Removed by the first who does.
create table connect_attempts (
  org_id text not null references workspaces on delete cascade,
  state_hash text not null,
  link_hash text not null references connect_links on delete cascade,
  browser_hash text not null,
  vault_key_id text not null,
  sealed_state text not null,
  expires_at_ms bigint not null,
  primary key (state_hash)
);
create index connect_attempts_org_id on connect_attempts (org_id);
create index connect_attempts_link on connect_attempts (link_hash);
