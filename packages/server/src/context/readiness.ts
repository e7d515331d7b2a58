import type { Readiness, ReadinessCheck } from "../api/index.ts";
import type { Database } from "../db/index.ts";
import type { EventLog } from "../events/index.ts";
import type { CodeWork } from "./code-work.ts";
import type { MailWork } from "./mail-work.ts";

/** What `/readyz` asks: each check is cheap, and the database is really spoken to. */
export function readinessOf(parts: {
  db: Database;
  log: Pick<EventLog, "isDiskFull">;
  code: CodeWork;
  roles: readonly string[];
  mail: Pick<MailWork, "check">;
}): () => Promise<Readiness> {
  return async () => {
    const { tier, reasons } = parts.code.runner.tier;
    const database = await databaseCheck(parts);
    const sandbox = { ok: true, detail: [`tier ${tier}`, ...reasons].join("; ") };
    const roles = { ok: true, detail: parts.roles.join(",") };
    return {
      ready: database.ok,
      checks: { database, migrations: { ok: database.ok }, roles, sandbox, mail: parts.mail.check() },
    };
  };
}

async function databaseCheck({
  db,
  log,
}: {
  db: Database;
  log: Pick<EventLog, "isDiskFull">;
}): Promise<ReadinessCheck> {
  if (log.isDiskFull) return { ok: false, detail: "the database's disk is full" };
  try {
    // Writing would fail on a standby; asking for it costs nothing.
    return (await db.isStandby()) ? { ok: false, detail: "the database is a read-only standby" } : { ok: true };
  } catch {
    return { ok: false, detail: "the database does not answer" };
  }
}
