/** Workspaces, the tenants. */
import type { Route } from "../../route.ts";
import type { ApiServices } from "../../services.ts";
import { createWorkspace } from "./createWorkspace.ts";
import { deleteWorkspace } from "./deleteWorkspace.ts";
import { getWorkspace } from "./getWorkspace.ts";
import { getWorkspaceUsage } from "./getWorkspaceUsage.ts";
import { listAuditLog } from "./listAuditLog.ts";
import { listWorkspaces } from "./listWorkspaces.ts";
import { setWorkspaceQuota } from "./setWorkspaceQuota.ts";
import { updateWorkspace } from "./updateWorkspace.ts";

type Services = Pick<ApiServices, "workspaces" | "usage" | "users" | "apiKeys" | "audit" | "workspaceRemoval">;

export function workspaceRoutes(services: Services): Route[] {
  return [
    ...[createWorkspace(services), deleteWorkspace(services), getWorkspace(services), getWorkspaceUsage(services)],
    ...[listAuditLog(services), listWorkspaces(services), updateWorkspace(services)],
    setWorkspaceQuota(services),
  ];
}
