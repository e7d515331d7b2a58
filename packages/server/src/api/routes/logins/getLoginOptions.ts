import { loginOperations } from "@millrace/contract";
import { SHORTEST_PASSWORD } from "../../../accounts/logins/index.ts";
import type { ApiServices } from "../../services.ts";
import { route, type Route } from "../../route.ts";

const OIDC_START = `/v1${loginOperations.beginOidcLogin.path}`;

export function getLoginOptions(services: Pick<ApiServices, "passwordLinks" | "signUps" | "oidc">): Route {
  return route(loginOperations.getLoginOptions, async () => ({
    data: {
      setup_required: (await services.passwordLinks.setupToken()) !== null,
      sign_up: services.signUps.policy,
      password_min_length: SHORTEST_PASSWORD,
      password_reset: services.passwordLinks.canMail,
      oidc: services.oidc && { name: services.oidc.name, url: OIDC_START },
    },
  }));
}
