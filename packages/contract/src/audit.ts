import { Type } from "typebox";
import { epochSeconds, nullable, pageOf, pageParameters } from "./conventions.ts";
import { operation } from "./operation.ts";

export const auditEntrySchema = Type.Object({
  id: Type.String(),
  at: epochSeconds,
  actor: Type.Object({
    id: Type.String({ description: "A user's id, or an OAuth client's." }),
    name: nullable(Type.String({ description: "Email or client name; null: they are gone." })),
    credential_id: nullable(Type.String({ description: "The API key, session or client that was used." })),
    ip: nullable(Type.String()),
  }),
  action: Type.String({ description: "Id of the operation, or another event such as `account.credentials_read`." }),
  subject: Type.String({ description: "Id of what it was done to." }),
  details: nullable(Type.Record(Type.String(), Type.String())),
});

export const auditOperations = {
  listAuditLog: operation({
    id: "listAuditLog",
    method: "GET",
    path: "/workspaces/:workspace_id/audit_log",
    summary: "Who did what in a workspace, from where",
    description: "Newest first. Entries are kept for a year unless the operator says otherwise.",
    tag: "Workspaces",
    access: "token",
    role: "admin",
    params: Type.Object({ workspace_id: Type.String() }),
    query: Type.Object({
      ...pageParameters,
      action: Type.Optional(Type.String()),
      actor: Type.Optional(Type.String({ description: "A user's id, or an OAuth client's." })),
      subject: Type.Optional(Type.String()),
      since: Type.Optional(Type.Integer({ minimum: 0, description: "Epoch seconds." })),
      until: Type.Optional(Type.Integer({ minimum: 0, description: "Epoch seconds; up to, not including." })),
    }),
    status: 200,
    reply: pageOf(auditEntrySchema),
  }),
};
