import { sessionOperations } from "@millrace/contract";
import type { ApiServices } from "../../services.ts";
import { route, type Route } from "../../route.ts";
import { currentSession } from "./current-session.ts";
import { sessionInfo } from "./session-view.ts";

export function getSession(services: Pick<ApiServices, "sessions" | "users" | "cookies">): Route {
  return route(sessionOperations.getSession, async (request) => ({
    data: await sessionInfo(services, currentSession(request, services.cookies)),
  }));
}
