import { createHash } from "node:crypto";
import type { Database } from "../../db/index.ts";
import { MailError, type Mailer } from "../../egress/index.ts";
import { ownerEmail } from "./owners.ts";

export interface ErrorMailsOptions {
  db: Database;
  /** Null: no mail server is configured. */
  mailer: Mailer | null;
  onError(error: unknown): void;
}

/** A run that has failed for good. */
export interface RunFailure {
  readonly orgId: string;
  readonly workflowId: string;
  readonly workflowName: string;
  readonly runId: string;
  /** The owner, who is told. */
  readonly userId: string | null;
  /** Of the step that failed; null: the workflow as a whole did. */
  readonly namespace: string | null;
  readonly error: { readonly name: string; readonly message: string; readonly stack?: string | undefined };
  readonly atMs: number;
}

export type ErrorMailOutcome = "sent" | "not_configured" | "repeated" | "no_recipient" | "failed";

const AGAIN_AFTER_MS = 24 * 3_600_000;
const MAX_MAILS_A_DAY = 20;
const MAX_SHOWN = 4_000;

// Whoever writes the row sends the mail, on whatever node.
const CLAIM = `
insert into workflow_error_mails as mail (org_id, workflow_id, error_hash, sent_at_ms)
select org_id, workflow_id, $3, $4 from workflows where org_id = $1 and workflow_id = $2
  and (select count(*) from workflow_error_mails where org_id = $1 and workflow_id = $2 and sent_at_ms > $5) < ${MAX_MAILS_A_DAY}
on conflict (org_id, workflow_id, error_hash) do update set sent_at_ms = excluded.sent_at_ms
where mail.sent_at_ms <= $5 returning error_hash`;

/** Tells owners by mail that runs fail: of one error at most once a day, and of no more than 20 in a workflow. */
export class ErrorMails {
  readonly #options: ErrorMailsOptions;

  constructor(options: ErrorMailsOptions) {
    this.#options = options;
  }

  /** Never rejects. */
  async tell(failure: RunFailure): Promise<ErrorMailOutcome> {
    try {
      return await this.#tell(failure);
    } catch (error) {
      this.#options.onError(error);
      return "failed";
    }
  }

  /** A chore: forgets mails that count for nothing any more. */
  async prune(nowMs: number): Promise<void> {
    await this.#options.db.query("delete from workflow_error_mails where sent_at_ms <= $1", [nowMs - AGAIN_AFTER_MS]);
  }

  async #tell(failure: RunFailure): Promise<ErrorMailOutcome> {
    const { db, mailer } = this.#options;
    if (!mailer) return "not_configured";
    const to = await ownerEmail(db, failure);
    if (to === null) return "no_recipient";
    const { orgId, workflowId, atMs } = failure;
    const hash = errorHash(failure);
    const claimed = await db.query(CLAIM, [orgId, workflowId, hash, atMs, atMs - AGAIN_AFTER_MS]);
    if (claimed.rows.length === 0) return "repeated";
    try {
      await mailer.send({ to, ...mailOf(failure) });
      return "sent";
    } catch (error) {
      // What surely did not go out does not count; what may have gone out is not repeated.
      const isUnsure = error instanceof MailError && error.code === "unsure";
      if (!isUnsure) await this.#giveBack(failure, hash);
      throw error;
    }
  }

  async #giveBack({ orgId, workflowId, atMs }: RunFailure, hash: string): Promise<void> {
    await this.#options.db.query(
      "delete from workflow_error_mails where org_id = $1 and workflow_id = $2 and error_hash = $3 and sent_at_ms = $4",
      [orgId, workflowId, hash, atMs],
    );
  }
}

/** Errors that differ only in numbers and ids count as one. */
function errorHash({ namespace, error }: RunFailure): string {
  const shape = error.message.slice(0, MAX_SHOWN).replaceAll(/[0-9a-f]{8,}|[\w-]*\d[\w-]*/gi, "#");
  return createHash("sha256")
    .update(JSON.stringify([namespace, error.name, shape]))
    .digest("base64url");
}

function mailOf(failure: RunFailure): { subject: string; text: string } {
  const { workflowName, workflowId, runId, namespace, error, atMs } = failure;
  const where = namespace === null ? "" : ` at the step ${namespace}`;
  const lines = [
    `A run of "${workflowName}" (${workflowId}) failed${where}.`,
    "",
    `${error.name}: ${error.message}`.slice(0, MAX_SHOWN),
    ...(error.stack === undefined ? [] : ["", error.stack.slice(0, MAX_SHOWN)]),
    "",
    `Run ${runId}, ${new Date(atMs).toISOString()}`,
    "",
    "The same error is not mailed again for 24 hours. The workflow's setting error_emails switches these mails off.",
  ];
  return { subject: `[Millrace] ${workflowName}: ${error.name}`.slice(0, 200), text: lines.join("\n") };
}
