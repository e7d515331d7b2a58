-- The runs of all workflows of a workspace, newest first.
create index workflow_runs_org_id_started on workflow_runs (org_id, started_at_ms desc);
