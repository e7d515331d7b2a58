import type { Database } from "../db/index.ts";
import type { Mailer, OutgoingMail } from "../egress/index.ts";
import type { QuotaNotice } from "./quota-watch.ts";

const RECIPIENTS = `
select email from users join memberships using (user_id) where org_id = $1 and role in ('owner', 'admin') order by email`;

/** Tells owners and admins by mail that a workspace's credits run low, or are used up. @throws MailError */
export async function mailQuotaNotice(
  { db, mailer }: { db: Database; mailer: Mailer },
  notice: QuotaNotice,
): Promise<void> {
  const { rows } = await db.query<{ email: string }>(RECIPIENTS, [notice.orgId]);
  for (const { email } of rows) await mailer.send({ to: email, ...mailOf(notice) });
}

function mailOf({ orgId, percent, used, quota, endsAtMs }: QuotaNotice): Omit<OutgoingMail, "to"> {
  const until = new Date(endsAtMs).toISOString();
  const state = `Workspace ${orgId} has used ${used} of its ${quota} credits of today.`;
  const rest =
    percent === 100
      ? `Requests are refused with 429, and events wait until ${until}, or until the quota is raised. Nothing is lost.`
      : `When they are used up, requests are refused and events wait until ${until}.`;
  return {
    subject:
      percent === 100
        ? `Quota Exceeded: workspace ${orgId}`
        : `Workspace ${orgId} has used ${percent} % of its credits`,
    text: `${state}\n\n${rest}\n`,
  };
}
