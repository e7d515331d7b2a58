/** Steps in other languages than JavaScript: scripts that run as children of this process. */
export { Languages } from "./languages.ts";
