-- The registry keeps every version that was published; `registry_entries` points at the one that a bare key means.
create table registry_versions (
  key text not null,
  version text not null,
  org_id text not null,
  component_id text not null,
  published_at_ms bigint not null,
  primary key (key, version),
  foreign key (org_id, component_id) references components on delete cascade
);
create index registry_versions_component on registry_versions (org_id, component_id);
insert into registry_versions (key, version, org_id, component_id, published_at_ms)
  select registry_entries.key, components.version, org_id, component_id, published_at_ms
  from registry_entries join components using (org_id, component_id);
create index registry_entries_component on registry_entries (org_id, component_id);

-- Locks of dependency sets that many components share: `components.depset_lock` is null and `depset_hash` names one.
create table dependency_locks (
  depset_hash text primary key,
  lock text not null
);

-- Imports of many components at once, and how far each is.
create table registry_imports (
  org_id text not null references workspaces on delete cascade,
  import_id text primary key,
  source text not null, -- as asked for: npm:<package>[@range], or upload:<digest of the files>
  resolved text, -- the very version that the source meant when it was first looked at
  scope text not null check (scope in ('workspace', 'instance')),
  state text not null check (state in ('receiving', 'queued', 'running', 'done', 'failed')),
  node_id text, -- who works on it while 'running'
  epoch bigint,
  total integer, -- files that look like components; null until they are counted
  error text, -- of the import as a whole
  created_at_ms bigint not null,
  updated_at_ms bigint not null,
  ended_at_ms bigint
);
create index registry_imports_org_id on registry_imports (org_id, created_at_ms desc);
create index registry_imports_open on registry_imports (created_at_ms) where state in ('queued', 'running');
create table registry_import_items (
  org_id text not null,
  import_id text not null references registry_imports on delete cascade,
  path text not null,
  outcome text not null check (outcome in ('loaded', 'unchanged', 'skipped', 'failed')),
  component_id text,
  key text,
  version text,
  reason text, -- why it was skipped or failed
  primary key (import_id, path)
);
-- Files that were uploaded for an import; gone when it has ended.
create table registry_import_files (
  org_id text not null,
  import_id text not null references registry_imports on delete cascade,
  path text not null,
  content text not null,
  primary key (import_id, path)
);

-- What searching for components needs to know of each, and the embedding of its text.
create table component_search (
  org_id text not null,
  component_id text not null,
  key text not null,
  kind text not null,
  apps text[] not null,
  name text not null,
  description text not null, -- its beginning
  model text, -- that made the vector, and how the text was put together
  vector bytea, -- float4 scale, then one int8 for each dimension; null: not embedded yet
  primary key (org_id, component_id),
  foreign key (org_id, component_id) references components on delete cascade
);
