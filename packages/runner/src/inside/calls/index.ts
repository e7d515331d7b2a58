/** Asks the server for what user code cannot do in the sandbox. */
export { Calls } from "./calls.ts";
export { collect } from "./collect.ts";
