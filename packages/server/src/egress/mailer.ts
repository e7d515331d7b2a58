import { createTransport } from "nodemailer";

export interface MailerOptions {
  /** `smtp://…` or `smtps://…`, with user and password. */
  url: string;
  from: string;
  /** Of each stage: connecting, greeting, silence. */
  timeoutMs?: number;
}

export interface OutgoingMail {
  to: string;
  subject: string;
  text?: string;
  html?: string;
}

export type MailErrorCode = "connect" | "login" | "refused" | "unsure";

/** A mail that did not go out; `unsure`: the server may have taken it. The message may be shown to the user. */
export class MailError extends Error {
  override name = "MailError";
  readonly code: MailErrorCode;
  constructor(code: MailErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

const TIMEOUT_MS = 10_000;
const BEFORE_MAIL = new Set(["CONN", "EHLO", "HELO", "STARTTLS", "API"]);

interface Transport {
  sendMail(mail: Readonly<Record<string, string>>): Promise<{ messageId?: string; response?: string }>;
}

/** Hands mail to the instance's mail server. */
export class Mailer {
  readonly #transport: Transport;

  constructor(options: MailerOptions) {
    const timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
    this.#transport = createTransport(
      {
        url: options.url,
        connectionTimeout: timeoutMs,
        greetingTimeout: timeoutMs,
        socketTimeout: timeoutMs,
        // The texts are a user's: they are content, never a path or an address to read from.
        disableFileAccess: true,
        disableUrlAccess: true,
      },
      { from: options.from },
    );
  }

  /** Answers what the server said. @throws MailError */
  async send(mail: OutgoingMail): Promise<{ messageId: string; response: string }> {
    const { text, html, ...head } = mail;
    try {
      const sent = await this.#transport.sendMail({
        ...head,
        ...(text !== undefined && { text }),
        ...(html !== undefined && { html }),
      });
      return { messageId: sent.messageId ?? "", response: sent.response ?? "" };
    } catch (error) {
      throw mailErrorOf(error);
    }
  }
}

function mailErrorOf(error: unknown): MailError {
  const fact = (name: string): unknown =>
    typeof error === "object" && error !== null ? (error as Record<string, unknown>)[name] : undefined;
  const message = error instanceof Error ? error.message : String(error);
  return new MailError(
    codeOf({ code: fact("code"), command: fact("command"), answer: fact("responseCode") }),
    message,
    {
      cause: error,
    },
  );
}

function codeOf({ code, command, answer }: Record<"code" | "command" | "answer", unknown>): MailErrorCode {
  if (code === "EAUTH" || code === "ENOAUTH") return "login";
  if (typeof answer === "number") return "refused";
  return typeof command === "string" && BEFORE_MAIL.has(command) ? "connect" : "unsure";
}
