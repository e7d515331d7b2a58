/** The browsers that are logged in as the current user, and their end. */
import type { Route } from "../../route.ts";
import type { ApiServices } from "../../services.ts";
import { changePassword } from "./changePassword.ts";
import { deleteSession } from "./deleteSession.ts";
import { getSession } from "./getSession.ts";
import { listSessions } from "./listSessions.ts";
import { logOut } from "./logOut.ts";
import { logOutEverywhere } from "./logOutEverywhere.ts";

export { sessionInfo } from "./session-view.ts";

export function sessionRoutes(services: Pick<ApiServices, "sessions" | "logins" | "users" | "cookies">): Route[] {
  return [
    changePassword(services),
    deleteSession(services),
    getSession(services),
    listSessions(services),
    logOut(services),
    logOutEverywhere(services),
  ];
}
