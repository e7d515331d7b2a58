/** Schemas of every request, reply and event of the API, and id formats. Imports nothing of ours. */
export { idPrefixes, type IdKind } from "./ids.ts";
export {
  operation,
  roleOf,
  roles,
  scopeOf,
  type Access,
  type CommonInput,
  type InputOf,
  type Operation,
  type ReplyOf,
  type Role,
} from "./operation.ts";
export * from "./accounts.ts";
export * from "./app-definition.ts";
export * from "./apps.ts";
export * from "./components.ts";
export * from "./conventions.ts";
export * from "./data-stores.ts";
export * from "./oauth.ts";
export * from "./oauth-apps.ts";
export * from "./projects.ts";
export * from "./audit.ts";
export * from "./logins.ts";
export * from "./members.ts";
export * from "./registry.ts";
export * from "./runs.ts";
export * from "./sources.ts";
export * from "./events.ts";
export * from "./subscriptions.ts";
export * from "./webhooks.ts";
export * from "./users.ts";
export * from "./workspaces.ts";
export * from "./env.ts";
export * from "./files.ts";
export * from "./templates.ts";
export * from "./workflows.ts";
export { operations, type OperationId } from "./operations.ts";
