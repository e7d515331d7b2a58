/** The commands, one file each. */
export { run } from "./run.ts";
