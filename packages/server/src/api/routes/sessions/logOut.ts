import { sessionOperations } from "@millrace/contract";
import type { ApiServices } from "../../services.ts";
import { route, type Route } from "../../route.ts";
import { currentSession } from "./current-session.ts";

export function logOut(services: Pick<ApiServices, "sessions" | "cookies">): Route {
  return route(sessionOperations.logOut, async (request) => {
    const { userId, sessionId } = currentSession(request, services.cookies);
    await services.sessions.revoke(userId, sessionId);
    request.replySettings.headers["set-cookie"] = services.cookies.take("session");
    return undefined;
  });
}
