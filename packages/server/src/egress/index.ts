/** What the server itself sends out, HTTP and mail: where it may go, how long it may take and how much it may bring. */
export { EgressError, type EgressErrorCode } from "./egress-error.ts";
export { Egress, type EgressOptions, type EgressReply, type EgressRequest } from "./egress.ts";
export { Mailer, MailError, type MailErrorCode, type MailerOptions, type OutgoingMail } from "./mailer.ts";
