/** Schemas of every request, reply and event of the API, and id formats. Imports nothing of ours. */
export { idPrefixes, type IdKind } from "./ids.ts";
export {
  operation,
  roleOf,
  roles,
  scopeOf,
  scopesOf,
  type Access,
  type CommonInput,
  type InputOf,
  type Operation,
  type ReplyOf,
  type Role,
} from "./operation.ts";
export * from "./resources.ts";
export { operations, type OperationId } from "./operations.ts";
