/** The server's own outgoing HTTP: where it may go, how long it may take and how much it may bring. */
export { EgressError, type EgressErrorCode } from "./egress-error.ts";
export { Egress, type EgressOptions, type EgressReply, type EgressRequest } from "./egress.ts";
