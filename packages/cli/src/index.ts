/** The command line: runs one component locally with the same builder and sandbox as the server; the other commands ask a server. */
export { runLocally, type LocalRun, type LocalRunReport } from "./run/index.ts";
