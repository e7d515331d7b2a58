import type { IncomingHttpHeaders } from "node:http";

const OWN = /^\s*(?:__Host-)?millrace_/;

/**
 * The headers of a request as a component may see them. A browser that is logged in to the dashboard of this host sends its
 * session along; whoever wrote the component must not get it, and no event may hold it.
 */
export function withoutOwnCookies(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const { cookie } = headers;
  if (cookie?.includes("millrace_") !== true) return headers;
  const kept = cookie.split(";").filter((pair) => !OWN.test(pair));
  const { cookie: _all, ...others } = headers;
  return kept.length === 0 ? others : { ...others, cookie: kept.join(";").trim() };
}

/** Whether a `Set-Cookie` header would give a browser a session, or take its own away. */
export function setsOwnCookie(line: string): boolean {
  return OWN.test(line);
}
