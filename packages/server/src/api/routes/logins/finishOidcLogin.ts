import { loginOperations } from "@millrace/contract";
import { loginBrowserOf } from "../../login-browser.ts";
import type { ApiServices } from "../../services.ts";
import { route, type Route } from "../../route.ts";
import { oidcOf } from "./oidc-of.ts";

const ANSWER = ["code", "state", "iss", "error", "error_description"] as const;

export function finishOidcLogin(services: Pick<ApiServices, "oidc" | "cookies" | "sessions">): Route {
  return route(loginOperations.finishOidcLogin, async (request) => {
    const { cookies, sessions } = services;
    const answer = new URLSearchParams();
    for (const name of ANSWER) {
      const value = request.input[name];
      if (value !== undefined) answer.set(name, value);
    }
    const sessionToken = cookies.read(request.cookies, "session");
    const present = sessionToken === null ? null : await sessions.authenticate(sessionToken);
    const { login, returnTo } = await oidcOf(services).finish(answer, {
      trip: cookies.read(request.cookies, "trip"),
      loggedInUserId: present?.userId ?? null,
      from: loginBrowserOf(request, cookies),
    });
    const { headers } = request.replySettings;
    headers["location"] = returnTo;
    headers["set-cookie"] = [...cookies.afterLogin(login), cookies.take("trip")];
    return {};
  });
}
