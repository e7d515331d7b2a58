import { loginOperations } from "@millrace/contract";
import { loginBrowserOf } from "../../login-browser.ts";
import type { ApiServices } from "../../services.ts";
import { route, type Route } from "../../route.ts";
import { loggedIn, type LoggedInServices } from "./logged-in.ts";

export function signUp(services: LoggedInServices & Pick<ApiServices, "signUps">): Route {
  return route(loginOperations.signUp, async (request) => {
    const { email, password, username, invitation_token: invitationToken } = request.input;
    const from = loginBrowserOf(request, services.cookies);
    const login = await services.signUps.signUp({ email, password, username, invitationToken }, from);
    return loggedIn(request, login, services);
  });
}
