import type { LoginBrowser } from "../accounts/logins/index.ts";
import type { BrowserCookies } from "./browser-cookies.ts";
import type { ApiRequest } from "./request.ts";

/** The browser that somebody logs in with. */
export function loginBrowserOf(
  request: Pick<ApiRequest, "ip" | "userAgent" | "cookies">,
  cookies: BrowserCookies,
): LoginBrowser {
  return { ip: request.ip, userAgent: request.userAgent, deviceToken: cookies.read(request.cookies, "device") };
}
