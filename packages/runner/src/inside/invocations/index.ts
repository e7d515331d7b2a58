/** What the platform may ask of a loaded component: run, hooks, options, additional props. */
export { perform } from "./perform.ts";
export type { Code, InvocationPorts } from "./perform.ts";
