import { loginOperations } from "@millrace/contract";
import { loginBrowserOf } from "../../login-browser.ts";
import type { ApiServices } from "../../services.ts";
import { route, type Route } from "../../route.ts";
import { loggedIn, type LoggedInServices } from "./logged-in.ts";

export function setUp(services: LoggedInServices & Pick<ApiServices, "passwordLinks">): Route {
  return route(loginOperations.setUp, async (request) => {
    const { token, email, password, username } = request.input;
    const from = loginBrowserOf(request, services.cookies);
    const login = await services.passwordLinks.setUp({ token, email, password, username }, from);
    return loggedIn(request, login, services);
  });
}
