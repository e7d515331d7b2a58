import { sessionOperations } from "@millrace/contract";
import { asUser } from "../../request.ts";
import type { ApiServices } from "../../services.ts";
import { route, type Route } from "../../route.ts";

export function logOutEverywhere(services: Pick<ApiServices, "sessions" | "cookies">): Route {
  return route(sessionOperations.logOutEverywhere, async (request) => {
    await services.sessions.endAll(asUser(request.principal).userId);
    request.replySettings.headers["set-cookie"] = services.cookies.take("session");
    return undefined;
  });
}
