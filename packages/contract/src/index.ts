/** Schemas of every request, reply and event of the API, and id formats. Imports nothing of ours. */
export { idPrefixes, type IdKind } from "./ids.ts";
export { operation, type Access, type InputOf, type Operation, type ReplyOf } from "./operation.ts";
