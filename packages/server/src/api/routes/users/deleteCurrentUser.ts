import { userOperations } from "@millrace/contract";
import type { ApiServices } from "../../services.ts";
import { asWholeUser } from "../../request.ts";
import { route, type Route } from "../../route.ts";

export function deleteCurrentUser(services: Pick<ApiServices, "users" | "apiKeys" | "audit" | "cookies">): Route {
  return route(userOperations.deleteCurrentUser, async (request) => {
    const { userId, credential } = asWholeUser(request.principal);
    await services.users.assertMayGo(userId, request.input.confirm);
    const by = { userId, credentialId: credential.id, ip: request.ip };
    await services.audit.recordOfUser({ ...by, action: "user.deleted" });
    await services.users.delete(userId);
    await services.apiKeys.membershipsChanged(userId);
    request.replySettings.headers["set-cookie"] = services.cookies.take("session");
    return undefined;
  });
}
