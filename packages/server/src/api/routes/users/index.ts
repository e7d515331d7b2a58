/** The current user. */
import type { ApiServices } from "../../services.ts";
import type { Route } from "../../route.ts";
import { deleteCurrentUser } from "./deleteCurrentUser.ts";
import { getCurrentUser } from "./getCurrentUser.ts";
import { listMyWorkspaces } from "./listMyWorkspaces.ts";

export function userRoutes(services: Pick<ApiServices, "users" | "usage" | "apiKeys" | "audit" | "cookies">): Route[] {
  return [deleteCurrentUser(services), getCurrentUser(services), listMyWorkspaces(services)];
}
