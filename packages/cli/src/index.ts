/** The command line: runs one component locally with the same builder and sandbox as the server, and fills its registry. */
export { runLocally, type LocalRun, type LocalRunReport } from "./run/index.ts";
