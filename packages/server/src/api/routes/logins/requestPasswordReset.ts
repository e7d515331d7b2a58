import { loginOperations } from "@millrace/contract";
import type { PasswordLinks } from "../../../accounts/logins/index.ts";
import { route, type Route } from "../../route.ts";

export function requestPasswordReset(services: { passwordLinks: PasswordLinks }): Route {
  return route(loginOperations.requestPasswordReset, async (request) => {
    await services.passwordLinks.requestReset(request.input.email, request.ip);
    return {};
  });
}
