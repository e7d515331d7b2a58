import { Type } from "typebox";
import { dataOf, nullable } from "./conventions.ts";
import { operation } from "./operation.ts";

const counts = {
  credits: Type.Integer(),
  compute_ms: Type.Integer(),
  workflow_segments: Type.Integer(),
  source_runs: Type.Integer(),
};

const dayPattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$";

export const usageSchema = Type.Object({
  from: Type.String(),
  to: Type.String(),
  daily_credits_quota: nullable(Type.Integer({ description: "Null: none." })),
  total: Type.Object(counts),
  days: Type.Array(Type.Object({ day: Type.String(), ...counts })),
});

export const usageOperations = {
  getWorkspaceUsage: operation({
    id: "getWorkspaceUsage",
    method: "GET",
    path: "/workspaces/:workspace_id/usage",
    summary: "What a workspace used, day by day",
    description: "Days are UTC, the oldest first; a day without any use has zeros. At most 400 days.",
    tag: "Workspaces",
    access: "token",
    role: "viewer",
    params: Type.Object({ workspace_id: Type.String() }),
    query: Type.Object({
      from: Type.Optional(Type.String({ pattern: dayPattern, description: "The first of this month when absent." })),
      to: Type.Optional(Type.String({ pattern: dayPattern, description: "Included; today when absent." })),
    }),
    status: 200,
    reply: dataOf(usageSchema),
  }),
};
