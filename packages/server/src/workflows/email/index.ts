/** The addresses at which workflows take mail. */
export { EmailTriggers, type EmailTrigger } from "./email-triggers.ts";
