import type { UserPrincipal } from "../../../core/index.ts";
import type { BrowserCookies } from "../../browser-cookies.ts";
import { asUser, type ApiRequest } from "../../request.ts";

/** The session that an operation of `session` access was called with; its token comes from the cookie. */
export function currentSession(
  request: Pick<ApiRequest, "cookies"> & { principal: Parameters<typeof asUser>[0] },
  cookies: BrowserCookies,
): { principal: UserPrincipal; userId: string; sessionId: string; token: string } {
  const principal = asUser(request.principal);
  const token = cookies.read(request.cookies, "session") ?? "";
  return { principal, userId: principal.userId, sessionId: principal.credential.id, token };
}
