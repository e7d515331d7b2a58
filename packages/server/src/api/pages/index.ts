/** Pages for browsers, made by the server: connecting an account. */
export { serveConnectPages } from "./connect-pages.ts";
export { Html, html } from "./html.ts";
