import { sessionOperations } from "@millrace/contract";
import type { Sessions } from "../../../accounts/logins/index.ts";
import { asUser } from "../../request.ts";
import { route, type Route } from "../../route.ts";

export function deleteSession(services: { sessions: Sessions }): Route {
  return route(sessionOperations.deleteSession, async (request) => {
    await services.sessions.revoke(asUser(request.principal).userId, request.input.session_id);
    return undefined;
  });
}
