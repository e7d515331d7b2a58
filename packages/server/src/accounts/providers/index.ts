/** How providers are spoken to: OAuth 2.0, OAuth 1.0a, test requests, and what their URLs and answers hold. */
export { OAuth1Client } from "./oauth1-client.ts";
export type { OAuth1Request } from "./oauth1-signature.ts";
export { OAuth2Client, type ClientIdentity, type TokenAnswer } from "./oauth2-client.ts";
export { hasHostOfUser, wordAt } from "./placeholders.ts";
export { ProviderError } from "./provider-error.ts";
export { testAccount, type TestOutcome } from "./test-request.ts";
