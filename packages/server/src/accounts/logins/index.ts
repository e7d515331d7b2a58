/** How people log in: passwords, sessions, one-time links, the identity provider, and what slows down guessing. */
export { LoginLinks } from "./login-links.ts";
export { LoginThrottle } from "./login-throttle.ts";
export { Logins, type Login, type LoginBrowser } from "./logins.ts";
export { OidcClient, type OidcSettings } from "./oidc-client.ts";
export { OidcLogins, TRIP_SECONDS } from "./oidc-logins.ts";
export { PasswordLinks } from "./password-links.ts";
export { Passwords, SHORTEST_PASSWORD } from "./passwords.ts";
export { csrfTokenOf, isCsrfTokenOf, SESSION_COOKIE_SECONDS, Sessions, type SessionRow } from "./sessions.ts";
export { SignUps, type SignUpPolicy } from "./sign-ups.ts";
