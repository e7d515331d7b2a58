import type { Logger } from "pino";
import type { ReadinessCheck } from "../api/index.ts";
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

/** Takes mail for the workflows of this instance. */
export class MailWork {
  readonly #options: MailWorkOptions;
  #ingest: SmtpIngest | null = null;

  constructor(options: MailWorkOptions) {
    this.#options = options;
  }

  /**
   * Listens, unless this node takes no mail. A port that nobody has chosen may belong to another instance: then this one
   * goes on without mail, and says so.
   * @throws StartupError `port_taken` for a port that was chosen
   */
  async start(): Promise<void> {
    const { config, log } = this.#options;
    if (config.smtpPort === 0 || !config.roles.includes("ingest")) return;
    const ingest = this.#build();
    try {
      await ingest.start();
      this.#ingest = ingest;
    } catch (error) {
      const message = `MILLRACE_SMTP_PORT: ${this.#problem(error)}; choose another port, or 0 to take no mail`;
      if (config.isSmtpPortGiven) throw new StartupError("port_taken", message, { cause: error });
      log.warn(`No mail is taken. ${message}`);
    }
  }

  async stop(): Promise<void> {
    await this.#ingest?.stop();
  }

  /** What `/readyz` says: a node without mail is ready for everything else. */
  check(): ReadinessCheck {
    const { config } = this.#options;
    if (this.#ingest) return { ok: true, detail: `port ${config.smtpPort}` };
    const isOff = config.smtpPort === 0 || !config.roles.includes("ingest");
    return isOff
      ? { ok: true, detail: "no mail is taken" }
      : { ok: false, detail: "no mail is taken: the port is not free" };
  }

  #problem(error: unknown): string {
    const { host, smtpPort } = this.#options.config;
    const reason = isTaken(error) ? "is taken by another program" : "can not be listened on";
    return `${host}:${smtpPort} ${reason}`;
  }

  #build(): SmtpIngest {
    const { db, log, config, publicUrl, events, files } = this.#options;
    return new SmtpIngest({
      ...{ log: events.work.log, triggers: new EmailTriggers({ db }), files: files.files },
      ...{ host: config.host, port: config.smtpPort, name: mailDomainOf(config, publicUrl) },
      ...{ sizeLimitBytes: config.mail.sizeBytes, ratePerMinute: config.mail.ratePerMinute },
      onError: (error) => log.error({ err: error }, "an internal fault while taking mail"),
    });
  }
}

function isTaken(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EADDRINUSE";
}
