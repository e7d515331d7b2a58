/** The current user. */
import type { ApiServices } from "../../services.ts";
import type { Route } from "../../route.ts";
import { getCurrentUser } from "./getCurrentUser.ts";
import { listMyWorkspaces } from "./listMyWorkspaces.ts";

export function userRoutes(services: Pick<ApiServices, "users">): Route[] {
  return [getCurrentUser(services), listMyWorkspaces(services)];
}
