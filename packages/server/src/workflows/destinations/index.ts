/** Where runs send things to, and the mails that tell owners of errors. */
export { Destinations, type DestinationsOptions, type SendingRun } from "./destinations.ts";
export { ErrorMails, type ErrorMailOutcome, type ErrorMailsOptions, type RunFailure } from "./error-mails.ts";
export type { SendOutcome } from "./send-outcome.ts";
