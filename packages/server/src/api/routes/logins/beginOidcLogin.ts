import { loginOperations } from "@millrace/contract";
import type { ApiServices } from "../../services.ts";
import { route, type Route } from "../../route.ts";
import { oidcOf } from "./oidc-of.ts";

export function beginOidcLogin(services: Pick<ApiServices, "oidc" | "cookies">): Route {
  return route(loginOperations.beginOidcLogin, async (request) => {
    const { url, trip } = await oidcOf(services).begin(request.input.return_to ?? "/");
    const { headers } = request.replySettings;
    headers["location"] = url;
    headers["set-cookie"] = services.cookies.give("trip", trip);
    return {};
  });
}
