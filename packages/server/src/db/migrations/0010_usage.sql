-- What each workspace uses, by UTC day. Each node has rows of its own, so that nodes never wait for each other's commits.
create table usage_days (
  org_id text not null references workspaces on delete cascade,
  day text collate "C" not null, -- YYYY-MM-DD, UTC
  node_id text not null,
  credits bigint not null,
  compute_ms bigint not null,
  workflow_segments bigint not null,
  source_runs bigint not null,
  primary key (org_id, day, node_id)
) with (fillfactor = 50); -- updated with every batch: room for updates in place

-- Credits a day; null: what the instance gives every workspace; 0: as many as it likes.
alter table workspaces add column daily_credits_quota bigint;
-- What a workspace was told of its quota, once a day for each share of it.
create table quota_notices (
  org_id text not null references workspaces on delete cascade,
  day text collate "C" not null,
  percent integer not null,
  primary key (org_id, day, percent)
);
