/** Fills and searches the registry of a server, over its API. */
export { addComponents, type AddOptions } from "./add-components.ts";
export { ProgressBar } from "./progress-bar.ts";
