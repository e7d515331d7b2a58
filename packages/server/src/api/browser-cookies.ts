import type { IncomingHttpHeaders } from "node:http";
import { parseCookie, stringifySetCookie } from "cookie";
import { SESSION_COOKIE_SECONDS, TRIP_SECONDS, type Login } from "../accounts/logins/index.ts";

export type CookieName = "session" | "device" | "trip" | "connect";

const SECONDS: Readonly<Record<CookieName, number>> = {
  session: SESSION_COOKIE_SECONDS,
  device: 365 * 24 * 3_600,
  trip: TRIP_SECONDS,
  connect: 3_600,
};

/** The cookies of a request; none for a header that is no list of them. */
export function readCookies(header: string | undefined): Readonly<Record<string, string | undefined>> {
  return header === undefined ? {} : parseCookie(header);
}

/**
 * The cookies that this instance gives to browsers, and what it takes from pages. No script reads them, and no other site
 * sends them but by a link. Behind https they are bound to exactly this host.
 */
export class BrowserCookies {
  readonly #origin: string;
  readonly #isSecure: boolean;

  constructor(options: { publicUrl: string }) {
    const url = new URL(options.publicUrl);
    this.#origin = url.origin;
    this.#isSecure = url.protocol === "https:";
  }

  nameOf(cookie: CookieName): string {
    return `${this.#isSecure ? "__Host-" : ""}millrace_${cookie}`;
  }

  read(cookies: Readonly<Record<string, string | undefined>>, cookie: CookieName): string | null {
    return cookies[this.nameOf(cookie)] ?? null;
  }

  /** The `Set-Cookie` headers of somebody who has just logged in. */
  afterLogin(login: Login): string[] {
    return [this.give("session", login.token), this.give("device", login.deviceToken)];
  }

  /** A `Set-Cookie` header. */
  give(cookie: CookieName, value: string): string {
    return this.#header(cookie, { value, seconds: SECONDS[cookie] });
  }

  /** The `Set-Cookie` header that takes a cookie away. */
  take(cookie: CookieName): string {
    return this.#header(cookie, { value: "", seconds: 0 });
  }

  /**
   * Whether a request comes from a page of this instance, by what the browser says; null when it says nothing, as
   * programs do.
   */
  isFromOwnPage(headers: IncomingHttpHeaders): boolean | null {
    const site = headers["sec-fetch-site"];
    if (site !== undefined) return site === "same-origin" || site === "none";
    const { origin, host } = headers;
    if (origin === undefined) return null;
    return origin === this.#origin || URL.parse(origin)?.host === host;
  }

  #header(cookie: CookieName, { value, seconds }: { value: string; seconds: number }): string {
    return stringifySetCookie({
      ...{ name: this.nameOf(cookie), value, maxAge: seconds, path: "/" },
      ...{ httpOnly: true, sameSite: "lax", secure: this.#isSecure },
    });
  }
}
