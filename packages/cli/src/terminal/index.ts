/** What the commands say, and how: to people at a terminal, and to programs. */
export { say, told } from "./say.ts";
export { tableOf, when } from "./table.ts";
