import type { SendRequest } from "@millrace/runner";
import { newKsuid } from "../../core/index.ts";
import type { Database } from "../../db/index.ts";
import { EgressError, MailError, type Egress, type Mailer } from "../../egress/index.ts";
import { ownerEmail } from "./owners.ts";
import { sendHttp } from "./send-http.ts";
import { invalidSend, payloadOf, SendError, type SendOutcome, type SendPayload } from "./send-outcome.ts";
import { putS3Batch, s3LineOf, type S3Target } from "./send-s3.ts";

export interface DestinationsOptions {
  db: Database;
  /** For requests to where users say. */
  egress: Egress;
  /** Null: no mail server is configured. */
  mailer: Mailer | null;
  /** Null: no S3 service is configured. */
  s3: S3Target | null;
  /** Faults of our own; the outcome only says that there was one. */
  onError(error: unknown): void;
}

/** Who sends. */
export interface SendingRun {
  readonly orgId: string;
  readonly workflowId: string;
  readonly runId: string;
  /** The owner, whom mail goes to. */
  readonly userId: string | null;
  readonly workflowName: string;
}

type Outcome = Omit<SendOutcome, "duration_ms">;

const MAX_SENDS = 500;
const MAX_MAILS = 20;
const CONCURRENCY = 16;

/** Delivers what runs have sent, after they have ended. Nothing is tried twice: each outcome is kept with the run. */
export class Destinations {
  readonly #options: DestinationsOptions;

  constructor(options: DestinationsOptions) {
    this.#options = options;
  }

  /** Outcomes in the order of the sends. Never rejects. */
  async deliver(run: SendingRun, sends: readonly SendRequest[]): Promise<SendOutcome[]> {
    const outcomes: SendOutcome[] = [];
    const singles = [...sends.entries()].filter(([, send]) => send.kind !== "s3");
    const mails = new Set(
      singles
        .filter(([, { kind }]) => kind === "email")
        .slice(MAX_MAILS)
        .map(([index]) => index),
    );
    const work = singles.values();
    const worker = async (): Promise<void> => {
      for (const [index, send] of work) {
        const isTooMuch = index >= MAX_SENDS || mails.has(index);
        outcomes[index] = await this.#timed(() => (isTooMuch ? tooMany() : this.#deliverOne(run, send)));
      }
    };
    await Promise.all([this.#deliverToS3(sends, outcomes), ...Array.from({ length: CONCURRENCY }, worker)]);
    return outcomes;
  }

  async #deliverOne(run: SendingRun, send: SendRequest): Promise<Outcome> {
    if (send.kind === "http") return sendHttp(this.#options.egress, payloadOf(send.payload));
    if (send.kind === "email") return this.#sendEmail(run, payloadOf(send.payload));
    throw new SendError("unsupported", `$.send.${send.kind} leads nowhere`);
  }

  async #sendEmail(run: SendingRun, payload: SendPayload): Promise<Outcome> {
    const { mailer, db } = this.#options;
    const { subject, text, html } = payload;
    for (const [name, value] of Object.entries({ subject, text, html })) {
      if (value !== undefined && value !== null && typeof value !== "string") throw invalidSend(name, "a text");
    }
    if (!mailer) return notConfigured("No mail is sent from here: MILLRACE_SMTP_URL is not set");
    const to = await ownerEmail(db, run);
    if (to === null) throw new SendError("no_recipient", "The workflow has no owner whom mail could go to");
    const sent = await mailer.send({
      to,
      subject: typeof subject === "string" ? subject : "",
      ...(typeof text === "string" && { text }),
      ...(typeof html === "string" && html !== "" && { html }),
    });
    return { status: "success", message_id: sent.messageId };
  }

  /** All of a run that goes to the same place becomes one object. */
  async #deliverToS3(sends: readonly SendRequest[], outcomes: SendOutcome[]): Promise<void> {
    const batches = new Map<string, { bucket: string; prefix: string; lines: string[]; indexes: number[] }>();
    for (const [index, send] of sends.entries()) {
      if (send.kind !== "s3") continue;
      outcomes[index] = await this.#timed(async () => {
        const { bucket, prefix, line } = s3LineOf(payloadOf(send.payload));
        const place = `${bucket}/${prefix}`;
        const batch = batches.get(place) ?? { bucket, prefix, lines: [], indexes: [] };
        batches.set(place, batch);
        batch.lines.push(line);
        batch.indexes.push(index);
        return { status: "success" };
      });
    }
    for (const batch of batches.values()) {
      const outcome = await this.#timed(() => this.#putBatch(batch));
      for (const index of batch.indexes) outcomes[index] = outcome;
    }
  }

  async #putBatch(batch: { bucket: string; prefix: string; lines: string[] }): Promise<Outcome> {
    const { s3 } = this.#options;
    if (!s3) return notConfigured("Nothing is written to S3 from here: MILLRACE_S3_ENDPOINT is not set");
    const nowMs = Date.now();
    return putS3Batch(s3, batch, { id: newKsuid(nowMs), nowMs });
  }

  async #timed(work: () => Promise<Outcome> | Outcome): Promise<SendOutcome> {
    const startedAtMs = Date.now();
    const outcome = await (async () => work())().catch((error: unknown) => this.#failure(error));
    return { ...outcome, duration_ms: Date.now() - startedAtMs };
  }

  #failure(error: unknown): Outcome {
    const isKnown = error instanceof SendError || error instanceof EgressError || error instanceof MailError;
    if (isKnown) return { status: "error", error: { code: error.code, message: error.message } };
    this.#options.onError(error);
    return { status: "error", error: { code: "internal", message: "It could not be sent" } };
  }
}

function notConfigured(message: string): Outcome {
  return { status: "not_configured", error: { code: "not_configured", message } };
}

function tooMany(): never {
  throw new SendError("too_many", `One run may send ${MAX_SENDS} things, ${MAX_MAILS} mails among them`);
}
