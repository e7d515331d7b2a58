import { loginOperations } from "@millrace/contract";
import { loginBrowserOf } from "../../login-browser.ts";
import type { ApiServices } from "../../services.ts";
import { route, type Route } from "../../route.ts";
import { loggedIn, type LoggedInServices } from "./logged-in.ts";

export function resetPassword(services: LoggedInServices & Pick<ApiServices, "passwordLinks">): Route {
  return route(loginOperations.resetPassword, async (request) => {
    const { token, password } = request.input;
    const from = loginBrowserOf(request, services.cookies);
    const login = await services.passwordLinks.reset({ token, password }, from);
    return loggedIn(request, login, services);
  });
}
