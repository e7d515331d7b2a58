export interface UsageDaysTable {
  org_id: string;
  day: string;
  node_id: string;
  credits: number;
  compute_ms: number;
  workflow_segments: number;
  source_runs: number;
}

export interface QuotaNoticesTable {
  org_id: string;
  day: string;
  percent: number;
}

/** Tables of what workspaces use. */
export interface UsageSchema {
  usage_days: UsageDaysTable;
  quota_notices: QuotaNoticesTable;
}
