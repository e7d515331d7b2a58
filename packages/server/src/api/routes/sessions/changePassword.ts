import { sessionOperations } from "@millrace/contract";
import { loginBrowserOf } from "../../login-browser.ts";
import { asUser } from "../../request.ts";
import type { ApiServices } from "../../services.ts";
import { route, type Route } from "../../route.ts";

export function changePassword(services: Pick<ApiServices, "logins" | "cookies">): Route {
  return route(sessionOperations.changePassword, async (request) => {
    await services.logins.changePassword(asUser(request.principal), {
      current: request.input.current_password ?? null,
      next: request.input.new_password,
      from: loginBrowserOf(request, services.cookies),
    });
    return undefined;
  });
}
