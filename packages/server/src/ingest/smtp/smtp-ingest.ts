import { once } from "node:events";
import { callbackify } from "node:util";
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from "smtp-server";
import { ApiError } from "../../core/index.ts";
import { RefusedError, type EventDraft, type EventLog } from "../../events/index.ts";
import { TRIGGER_CHANNEL } from "../../sources/index.ts";
import type { EmailTrigger } from "../../workflows/email/index.ts";
import type { UploadedFiles } from "../http/index.ts";
import { mailEvent } from "./mail-event.ts";
import { MailRate } from "./mail-rate.ts";
import { recipientOf, type Recipient } from "./recipient.ts";
import { SmtpRefusal } from "./smtp-refusal.ts";

export interface SmtpIngestOptions {
  log: Pick<EventLog, "append">;
  triggers: { find(key: string): Promise<EmailTrigger | null> };
  files: Pick<UploadedFiles, "store">;
  host: string;
  /** 0: any free one. */
  port: number;
  /** How the server calls itself. */
  name: string;
  sizeLimitBytes: number;
  /** Of each address. */
  ratePerMinute: number;
  onError(error: unknown): void;
}

const MAX_CLIENTS = 100;
const MAX_RECIPIENTS = 10;
/** All messages that are being received, as a multiple of the largest one. */
const IN_FLIGHT_FACTOR = 4;
const IDLE_TIMEOUT_MS = 60_000;
const CLOSE_TIMEOUT_MS = 3_000;

/**
 * Takes mail for workflows and for nobody else: it relays nothing. A recipient that no active workflow has is refused
 * at once, and a message is accepted when its events are written down.
 */
export class SmtpIngest {
  readonly #options: SmtpIngestOptions;
  readonly #server: SMTPServer;
  readonly #rate: MailRate;
  #bytesInFlight = 0;

  constructor(options: SmtpIngestOptions) {
    this.#options = options;
    this.#rate = new MailRate(options.ratePerMinute);
    const receive = callbackify((stream: SMTPServerDataStream, session: SMTPServerSession) =>
      this.#answered(() => this.#receive(stream, session)),
    );
    const admit = callbackify((address: string, others: number) => this.#answered(() => this.#admit(address, others)));
    this.#server = new SMTPServer({
      name: options.name,
      banner: "Millrace",
      size: options.sizeLimitBytes,
      rejectOversized: true,
      authOptional: true,
      disabledCommands: ["AUTH", "STARTTLS"],
      disableReverseLookup: true,
      logger: false,
      maxClients: MAX_CLIENTS,
      socketTimeout: IDLE_TIMEOUT_MS,
      closeTimeout: CLOSE_TIMEOUT_MS,
      onRcptTo: ({ address }, session, done) =>
        admit(address, session.envelope.rcptTo.length, (error) => done(error ?? null)),
      onData: (stream, session, done) => receive(stream, session, (error, text) => done(error ?? null, text)),
    });
  }

  /** Listens; answers the port. @throws the system's error when the port can not be had */
  async start(): Promise<number> {
    // A port that can not be had is told by the listener as well; what else comes here are connections that broke.
    this.#server.on("error", () => {});
    const listener = this.#server.listen(this.#options.port, this.#options.host);
    await once(listener, "listening");
    const address = listener.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  /** Takes no more mail; connections in use get a moment to end. */
  async stop(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  async #admit(address: string, others: number): Promise<void> {
    if (others >= MAX_RECIPIENTS) throw new SmtpRefusal(452, "4.5.3 Too many recipients");
    const recipient = recipientOf(address);
    const trigger = recipient && (await this.#options.triggers.find(recipient.key));
    if (!recipient || !trigger) throw new SmtpRefusal(550, "5.1.1 There is no such mailbox here");
    if (!this.#rate.take(recipient.key, Date.now())) {
      throw new SmtpRefusal(452, "4.3.1 This mailbox gets too much mail; try again in a minute");
    }
  }

  async #receive(stream: SMTPServerDataStream, session: SMTPServerSession): Promise<string> {
    const { chunks, sizeBytes, isDropped } = await this.#collect(stream);
    try {
      if (stream.sizeExceeded) throw new SmtpRefusal(552, "5.3.4 The message is too large");
      if (isDropped) throw new SmtpRefusal(452, "4.3.1 Too much mail at the moment; try again");
      await this.#append(Buffer.concat(chunks), session);
      return "The message is written down";
    } finally {
      this.#bytesInFlight -= sizeBytes;
    }
  }

  /** Reads to the end in any case, since the sender listens only then; keeps no more than there is room for. */
  async #collect(stream: SMTPServerDataStream): Promise<{ chunks: Buffer[]; sizeBytes: number; isDropped: boolean }> {
    const { sizeLimitBytes } = this.#options;
    const chunks: Buffer[] = [];
    let sizeBytes = 0;
    let isDropped = false;
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      const isTooMuch = this.#bytesInFlight + chunk.length > IN_FLIGHT_FACTOR * sizeLimitBytes;
      if (isTooMuch || sizeBytes + chunk.length > sizeLimitBytes) isDropped = true;
      if (isDropped) continue;
      chunks.push(chunk);
      sizeBytes += chunk.length;
      this.#bytesInFlight += chunk.length;
    }
    return { chunks, sizeBytes, isDropped };
  }

  async #append(content: Buffer, session: SMTPServerSession): Promise<void> {
    const { mailFrom, rcptTo } = session.envelope;
    const owners = await this.#owners(rcptTo.map(({ address }) => address));
    if (owners.length === 0) throw new SmtpRefusal(550, "5.1.1 There is no such mailbox here");
    const from = mailFrom === false ? "" : mailFrom.address;
    const drafts: EventDraft[] = [];
    for (const { trigger, recipient, address } of owners) {
      const envelope = { from, recipients: [address], receivedAtMs: Date.now() };
      // One workspace must not learn who else was written to, so each has an event of its own.
      const payload = await (recipient.isRaw ? this.#rawPayload(content) : this.#payload(content, envelope));
      const { orgId, triggerId: emitterId, workflowId: directListenerId } = trigger;
      drafts.push({ orgId, emitterId, channel: TRIGGER_CHANNEL, payload, directListenerId });
    }
    await this.#options.log.append(drafts, { mayBeRefused: true });
  }

  /** Each workflow once, however many addresses lead to it. */
  async #owners(addresses: readonly string[]) {
    const owners = new Map<string, { trigger: EmailTrigger; recipient: Recipient; address: string }>();
    for (const address of addresses) {
      const recipient = recipientOf(address);
      const trigger = recipient && (await this.#options.triggers.find(recipient.key));
      if (recipient && trigger) owners.set(trigger.triggerId, { trigger, recipient, address });
    }
    return [...owners.values()];
  }

  #payload(content: Buffer, envelope: { from: string; recipients: string[]; receivedAtMs: number }): Promise<string> {
    const { files } = this.#options;
    return mailEvent(content, {
      envelope,
      store: async ({ bytes, ...named }) => (await files.store({ content: bytes, ...named })).url,
    });
  }

  async #rawPayload(content: Buffer): Promise<string> {
    const file = { content, filename: "mail.eml", mimetype: "message/rfc822" };
    const { url } = await this.#options.files.store(file);
    return JSON.stringify({ mail: { content_url: url } });
  }

  /** Whatever goes wrong here is temporary for the sender: it keeps the mail and comes again. */
  async #answered<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof SmtpRefusal) throw error;
      if (error instanceof RefusedError) throw new SmtpRefusal(452, `4.3.1 ${error.message}`, { cause: error });
      if (!(error instanceof ApiError && error.code === "unavailable")) this.#options.onError(error);
      throw new SmtpRefusal(451, "4.3.0 Nothing was accepted; try again", { cause: error });
    }
  }
}
