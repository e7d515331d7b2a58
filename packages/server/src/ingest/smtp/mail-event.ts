import PostalMime, { decodeWords, type Address, type Attachment, type Email } from "postal-mime";
import { SmtpRefusal } from "./smtp-refusal.ts";

export interface MailEnvelope {
  readonly from: string;
  readonly recipients: readonly string[];
  readonly receivedAtMs: number;
}

export interface AttachmentFile {
  readonly bytes: Buffer;
  readonly filename: string;
  readonly mimetype: string;
}
/** Keeps a file and answers its signed link. */
export type StoreAttachment = (file: AttachmentFile) => Promise<string>;

const MAX_ATTACHMENTS = 200;
const MAX_TEXT_CHARACTERS = 1024 * 1024;
const MAX_HEADER_BYTES = 256 * 1024;
const MAX_DEPTH = 32;
const SHOWN_BYTES = 10_000;
const TEXTUAL = /^text\/|[/+](?:json|xml|yaml|csv|javascript)$/;

/**
 * The event of a mail: what was parsed of it, with links to its attachments, and the outer facts of its receipt.
 * @throws SmtpRefusal 554 for a message that can not be read
 */
export async function mailEvent(
  content: Buffer,
  { envelope, store }: { envelope: MailEnvelope; store: StoreAttachment },
): Promise<string> {
  const mail = await parsed(content);
  const attachments = [];
  for (const attachment of mail.attachments) attachments.push(await attachmentOf(attachment, store));
  return JSON.stringify({
    ...outerFacts(mail, envelope),
    headers: headersOf(mail),
    from: addressesOf(mail.from && [mail.from]),
    to: addressesOf(mail.to),
    cc: addressesOf(mail.cc),
    bcc: addressesOf(mail.bcc),
    replyTo: addressesOf(mail.replyTo),
    subject: mail.subject,
    date: mail.date,
    messageId: mail.messageId,
    inReplyTo: mail.inReplyTo,
    references: mail.references,
    ...cutText("text", mail.text),
    ...cutText("html", mail.html),
    attachments,
  });
}

async function parsed(content: Buffer): Promise<Email> {
  const limits = { maxNestingDepth: MAX_DEPTH, maxHeadersSize: MAX_HEADER_BYTES, maxRfc822NestingDepth: 2 };
  const mail = await PostalMime.parse(content, limits).catch((error: unknown) => {
    throw new SmtpRefusal(554, "5.6.0 The message can not be read", { cause: error });
  });
  if (mail.attachments.length <= MAX_ATTACHMENTS) return mail;
  throw new SmtpRefusal(554, `5.6.0 A message may have ${MAX_ATTACHMENTS} attachments`);
}

/** In the words of Amazon SES, which users of such events know. */
function outerFacts(mail: Email, envelope: MailEnvelope) {
  const timestamp = new Date(envelope.receivedAtMs).toISOString();
  const shown = (list: readonly Address[] | undefined): string[] | undefined => list?.map(addressText);
  return {
    mail: {
      timestamp,
      source: envelope.from,
      messageId: mail.messageId,
      destination: envelope.recipients,
      commonHeaders: {
        returnPath: envelope.from,
        from: shown(mail.from && [mail.from]),
        to: shown(mail.to),
        date: mail.date,
        subject: mail.subject,
        messageId: mail.messageId,
      },
    },
    receipt: { timestamp, recipients: envelope.recipients },
  };
}

/** By lower-case name; of a repeated one all values. */
function headersOf(mail: Email): Record<string, string | string[]> {
  const headers = new Map<string, string | string[]>();
  for (const { key, value: encoded } of mail.headers) {
    const value = decodeWords(encoded);
    const present = headers.get(key);
    headers.set(key, present === undefined ? value : [present, value].flat());
  }
  return Object.fromEntries(headers);
}

function addressesOf(list: readonly Address[] | undefined) {
  if (!list || list.length === 0) return undefined;
  const value = list.flatMap((one) => one.group ?? [one]).map(({ address, name }) => ({ address, name }));
  return { value, text: list.map(addressText).join(", ") };
}

function addressText(one: Address): string {
  if (one.group) return `${one.name}: ${one.group.map(addressText).join(", ")};`;
  return one.name === "" ? one.address : `${JSON.stringify(one.name)} <${one.address}>`;
}

function cutText(name: "text" | "html", text: string | undefined): Record<string, unknown> {
  if (text === undefined) return {};
  if (text.length <= MAX_TEXT_CHARACTERS) return { [name]: text };
  return { [name]: text.slice(0, MAX_TEXT_CHARACTERS), [`${name}Truncated`]: true };
}

async function attachmentOf(attachment: Attachment, store: StoreAttachment) {
  const { content, mimeType: contentType, filename, disposition, contentId, related } = attachment;
  const bytes = typeof content === "string" ? Buffer.from(content) : Buffer.from(new Uint8Array(content));
  const isText = TEXTUAL.test(contentType);
  return {
    filename,
    contentType,
    contentDisposition: disposition,
    contentId,
    related,
    size: bytes.length,
    contentUrl: await store({ bytes, filename: filename ?? "", mimetype: contentType }),
    content: isText ? headOf(bytes) : null,
    contentTruncated: !isText || bytes.length > SHOWN_BYTES,
  };
}

/** The first 10,000 bytes as text, never with half a character at the end. */
function headOf(bytes: Buffer): string {
  return new TextDecoder().decode(bytes.subarray(0, SHOWN_BYTES), { stream: true });
}
