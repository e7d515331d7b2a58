/** Connecting an account in a browser: links, what is at providers just now, and how it ends. */
export { ConnectProblem } from "./connect-problem.ts";
export { Connections, type ConnectionStep, type ConnectionView } from "./connections.ts";
