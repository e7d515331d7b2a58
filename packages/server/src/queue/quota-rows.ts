import type { Database } from "../db/index.ts";

/** What a put-off delivery says of itself. */
export const PUT_OFF_BY_QUOTA = "quota_exceeded";

export interface QuotaUse {
  readonly orgId: string;
  readonly quota: number;
  readonly used: number;
}

const USE = `
select workspaces.org_id, coalesce(daily_credits_quota, $2) as quota, coalesce(sum(credits), 0)::bigint as used
from workspaces left join usage_days on usage_days.org_id = workspaces.org_id and day = $1
where coalesce(daily_credits_quota, $2) > 0 and ($3::text[] is null or workspaces.org_id = any($3))
group by workspaces.org_id`;

/** What workspaces with a quota have used on a day; of all of them when none is named. */
export async function findQuotaUse(
  db: Database,
  asked: { day: string; defaultQuota: number; orgIds: readonly string[] | null },
): Promise<QuotaUse[]> {
  const { rows } = await db.query<{ org_id: string; quota: number; used: number }>(USE, [
    asked.day,
    asked.defaultQuota,
    asked.orgIds,
  ]);
  return rows.map(({ org_id: orgId, quota, used }) => ({ orgId, quota, used }));
}

/** Makes what was put off for want of credits due. */
export async function releasePutOff(db: Database, orgIds: readonly string[], nowMs: number): Promise<void> {
  await db.query(
    `update deliveries set due_at_ms = $2
     where org_id = any($1) and node_id is null and due_at_ms > $2 and last_error = '${PUT_OFF_BY_QUOTA}'`,
    [orgIds, nowMs],
  );
}

/** Writes down that a workspace is told of a share of its quota. False: it was told already, by whichever node. */
export async function takeNotice(
  db: Database,
  notice: { orgId: string; day: string; percent: number },
): Promise<boolean> {
  const { rows } = await db.query(
    `insert into quota_notices (org_id, day, percent) select org_id, $2, $3 from workspaces where org_id = $1
     on conflict do nothing returning org_id`,
    [notice.orgId, notice.day, notice.percent],
  );
  return rows.length > 0;
}
