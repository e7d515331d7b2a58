/** Builds a node out of its parts, by its roles, and takes it down again. */
export { credentialsPath } from "./credentials-file.ts";
export { identityServices } from "./identity.ts";
export type { ServerOverrides } from "./parts.ts";
export { startServer, type RunningServer } from "./start-server.ts";
export { versionOfMillrace } from "./version.ts";
