/** A typed client of the API, made from the contract; used by the dashboard, the command line and our own tests. */
export {
  MillraceClient,
  type CallInput,
  type CallOptions,
  type CallReply,
  type ClientOptions,
  type ListId,
  type ListItem,
} from "./client.ts";
export type { ClientCredentials } from "./access-token.ts";
export { MillraceError, type MillraceErrorOptions } from "./errors.ts";
