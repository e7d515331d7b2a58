/** Workspaces, the tenants. */
import type { Route } from "../../route.ts";
import type { ApiServices } from "../../services.ts";
import { createWorkspace } from "./createWorkspace.ts";
import { getWorkspace } from "./getWorkspace.ts";
import { listWorkspaces } from "./listWorkspaces.ts";

export function workspaceRoutes(services: Pick<ApiServices, "workspaces" | "users" | "apiKeys" | "audit">): Route[] {
  return [createWorkspace(services), getWorkspace(services), listWorkspaces(services)];
}
