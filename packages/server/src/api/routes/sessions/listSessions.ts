import { sessionOperations } from "@millrace/contract";
import { pageReply, pageRequestOf } from "../../../core/index.ts";
import type { ApiServices } from "../../services.ts";
import { route, type Route } from "../../route.ts";
import { currentSession } from "./current-session.ts";
import { sessionOf } from "./session-view.ts";

export function listSessions(services: Pick<ApiServices, "sessions" | "cookies">): Route {
  return route(sessionOperations.listSessions, async (request) => {
    const { userId, sessionId } = currentSession(request, services.cookies);
    const page = await services.sessions.list(userId, pageRequestOf(request.input));
    return pageReply(page, { idOf: (row) => row.session_id, itemOf: (row) => sessionOf(row, sessionId) });
  });
}
