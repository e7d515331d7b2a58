/** A row of `workspaces`. */
export interface WorkspaceRow {
  org_id: string;
  orgname: string;
  name: string;
  email: string;
  created_at_ms: number;
}

/** A workspace as replies show it. */
export interface Workspace {
  id: string;
  orgname: string;
  name: string;
  email: string;
  daily_credits_quota: number;
  daily_credits_used: number;
}

export function workspaceOf(row: WorkspaceRow): Workspace {
  return {
    id: row.org_id,
    orgname: row.orgname,
    name: row.name,
    email: row.email,
    daily_credits_quota: 0,
    daily_credits_used: 0,
  };
}
