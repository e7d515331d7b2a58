import type { Logger } from "pino";
import type { Config } from "../config/index.ts";
import { StartupError } from "../core/index.ts";
import type { Database } from "../db/index.ts";
import { SmtpIngest } from "../ingest/smtp/index.ts";
import { EmailTriggers } from "../workflows/email/index.ts";
import type { EventWork } from "./event-work.ts";
import type { FileWork } from "./file-work.ts";

export interface MailWorkOptions {
  db: Database;
  log: Logger;
  config: Config;
  publicUrl: string;
  events: EventWork;
  files: Pick<FileWork, "files">;
}

/** What stands behind the `@` of the addresses of email triggers. */
export function mailDomainOf(config: Config, publicUrl: string): string {
  return config.mail.domain ?? config.ingestDomain?.replace(/:\d+$/, "") ?? new URL(publicUrl).hostname;
}

/**
 * Starts taking mail; null when this node takes none.
 * @throws StartupError `port_taken`
 */
export async function startMailWork(options: MailWorkOptions): Promise<SmtpIngest | null> {
  const { db, log, config, publicUrl, events, files } = options;
  if (config.smtpPort === 0 || !config.roles.includes("ingest")) return null;
  const ingest = new SmtpIngest({
    ...{ log: events.work.log, triggers: new EmailTriggers({ db }), files: files.files },
    ...{ host: config.host, port: config.smtpPort, name: mailDomainOf(config, publicUrl) },
    ...{ sizeLimitBytes: config.mail.sizeBytes, ratePerMinute: config.mail.ratePerMinute },
    onError: (error) => log.error({ err: error }, "an internal fault while taking mail"),
  });
  try {
    await ingest.start();
  } catch (error) {
    const where = `${config.host}:${config.smtpPort}`;
    throw new StartupError("port_taken", `MILLRACE_SMTP_PORT: ${where} can not be listened on; choose another, or 0`, {
      cause: error,
    });
  }
  return ingest;
}
