import type { Login } from "../../../accounts/logins/index.ts";
import type { ApiRequest } from "../../request.ts";
import type { ApiServices } from "../../services.ts";
import { sessionInfo } from "../sessions/index.ts";

export type LoggedInServices = Pick<ApiServices, "sessions" | "users" | "cookies">;

/** What every login answers: the cookies, and what the page needs to go on. */
export async function loggedIn(
  request: Pick<ApiRequest, "replySettings">,
  login: Login,
  services: LoggedInServices,
): Promise<{ data: Awaited<ReturnType<typeof sessionInfo>> }> {
  request.replySettings.headers["set-cookie"] = services.cookies.afterLogin(login);
  return { data: await sessionInfo(services, login) };
}
