import { loginOperations } from "@millrace/contract";
import { loginBrowserOf } from "../../login-browser.ts";
import type { ApiServices } from "../../services.ts";
import { route, type Route } from "../../route.ts";
import { loggedIn, type LoggedInServices } from "./logged-in.ts";

export function logIn(services: LoggedInServices & Pick<ApiServices, "logins">): Route {
  return route(loginOperations.logIn, async (request) => {
    const { email, password } = request.input;
    const from = loginBrowserOf(request, services.cookies);
    const login = await services.logins.logIn({ email, password }, from);
    return loggedIn(request, login, services);
  });
}
