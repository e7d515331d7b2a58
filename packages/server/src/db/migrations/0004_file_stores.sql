-- Files of projects. Their bytes lie on disk or in S3 under keys of ours; a row makes an object a file, so replacing and
-- deleting a file is one statement.

create table stored_files (
  org_id text not null references workspaces on delete cascade,
  project_id text not null default '', -- '' = of the workflows that belong to no project
  path text collate "C" not null, -- folder/name, without a slash at either end
  object_key text not null unique,
  content_type text,
  size_bytes bigint not null,
  created_at_ms bigint not null,
  updated_at_ms bigint not null,
  primary key (org_id, project_id, path)
);

-- Ended runs whose callers asked that nothing of them be kept: they are deleted within seconds.
create index workflow_runs_unstored on workflow_runs (ended_at_ms)
  where ended_at_ms is not null and state is not null;
