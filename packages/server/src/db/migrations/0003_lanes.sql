-- Lanes: workflows whose events run in order, so many at once, or so many in a time; and the sizes of queues.

-- One row for a workflow that says anything of this; the others run everything at once.
create table lanes (
  org_id text not null references workspaces on delete cascade,
  workflow_id text primary key references workflows on delete cascade,
  concurrency integer, -- runs at once; null: any number
  throttle_limit integer, -- starts in a window; null: any number, 0: held
  throttle_interval_ms bigint,
  queue_size integer not null,
  turn bigint not null default 0, -- grows with each claim and change: of two nodes that claim at once one wins
  window_began_at_ms bigint not null default 0,
  window_starts integer not null default 0
) with (fillfactor = 50);
create index lanes_org_id on lanes (org_id);
insert into lanes (org_id, workflow_id, concurrency, throttle_limit, throttle_interval_ms, queue_size)
select org_id, workflow_id, concurrency, throttle_limit, throttle_interval_ms, queue_size
from (
  select workflow.org_id, workflow.workflow_id,
    (version.definition::json -> 'settings' ->> 'concurrency')::integer as concurrency,
    (version.definition::json -> 'settings' -> 'throttle' ->> 'limit')::integer as throttle_limit,
    (version.definition::json -> 'settings' -> 'throttle' ->> 'intervalMs')::bigint as throttle_interval_ms,
    coalesce((version.definition::json -> 'settings' ->> 'queueSize')::integer, 10000) as queue_size
  from workflows as workflow join workflow_versions as version using (deployment_id)) as settings
where concurrency is not null or throttle_limit is not null or queue_size <> 10000;

-- Deliveries in a lane are claimed by its rules alone; the indexes of the others do not see them.
alter table deliveries add column in_lane boolean not null default false;
update deliveries set in_lane = true from lanes
where deliveries.org_id = lanes.org_id and deliveries.listener_id = lanes.workflow_id
  and (lanes.concurrency is not null or lanes.throttle_limit is not null)
  and (deliveries.channel not like '$%' or deliveries.channel in ('$errors', '$logs'));
drop index deliveries_waiting_due_at_ms;
drop index deliveries_waiting_listener_id;
create index deliveries_waiting_due_at_ms on deliveries (due_at_ms) where node_id is null and not in_lane;
create index deliveries_waiting_listener_id on deliveries (org_id, listener_id, due_at_ms) where node_id is null and not in_lane;
create index deliveries_lane_waiting on deliveries (org_id, listener_id, event_id, delivery_id) where node_id is null and in_lane;
create index deliveries_lane_claimed on deliveries (org_id, listener_id) where node_id is not null and in_lane;

-- A queue that is full is told of once, until it has had room again. Rows that nobody renews are over.
create table queue_episodes (
  org_id text not null references workspaces on delete cascade,
  workflow_id text primary key references workflows on delete cascade,
  began_at_ms bigint not null,
  expires_at_ms bigint not null
);
create index queue_episodes_org_id on queue_episodes (org_id);
