import type { Logger } from "pino";
import type { Config } from "../config/index.ts";
import type { Database } from "../db/index.ts";
import type { QuotaNotice } from "../delivery/index.ts";
import { Mailer, type OutgoingMail } from "../egress/index.ts";

const RECIPIENTS = `
select email from users join memberships using (user_id) where org_id = $1 and role in ('owner', 'admin') order by email`;

/** Tells owners and admins by mail that a workspace's credits run low, and that they are used up. */
export function quotaMails({ db, log, config }: { db: Database; log: Logger; config: Config }) {
  const { smtpUrl, from } = config.mail;
  const mailer = smtpUrl === null ? null : new Mailer({ url: smtpUrl, from });
  return (notice: QuotaNotice): void => {
    const { orgId, percent, used, quota } = notice;
    log.warn({ orgId, percent, used, quota }, "a workspace has reached a share of its daily credits");
    if (mailer) void send(notice, { db, log, mailer });
  };
}

async function send(
  notice: QuotaNotice,
  { db, log, mailer }: { db: Database; log: Logger; mailer: Mailer },
): Promise<void> {
  try {
    const { rows } = await db.query<{ email: string }>(RECIPIENTS, [notice.orgId]);
    for (const { email } of rows) await mailer.send({ to: email, ...mailOf(notice) });
  } catch (error) {
    log.warn({ err: error, orgId: notice.orgId }, "a mail about a quota was not sent");
  }
}

function mailOf({ orgId, percent, used, quota, endsAtMs }: QuotaNotice): Omit<OutgoingMail, "to"> {
  const until = new Date(endsAtMs).toISOString();
  const state = `Workspace ${orgId} has used ${used} of its ${quota} credits of today.`;
  const rest =
    percent === 100
      ? `Requests are refused with 429, and events wait until ${until}, or until the quota is raised. Nothing is lost.`
      : `When they are used up, requests are refused and events wait until ${until}.`;
  return {
    subject: percent === 100 ? `Quota Exceeded: workspace ${orgId}` : `Workspace ${orgId} has used ${percent} % of its credits`,
    text: `${state}\n\n${rest}\n`,
  };
}
