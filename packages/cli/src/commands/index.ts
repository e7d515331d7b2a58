/** The commands, one file for each or for those of one thing. */
export { list } from "./list.ts";
export { login, logout, whoami } from "./login.ts";
export { registry } from "./registry.ts";
export { run } from "./run.ts";
export { replay, runs } from "./runs.ts";
export { deleteSource, describe, events, logs, update } from "./source.ts";
