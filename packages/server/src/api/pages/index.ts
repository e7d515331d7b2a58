/** Pages for browsers, made by the server: connecting an account, and what went wrong at a login. */
export { serveConnectPages } from "./connect-pages.ts";
export { sendLoginProblem } from "./login-problem.ts";
export { Html, html } from "./html.ts";
