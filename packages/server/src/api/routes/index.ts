/** Every route: one folder per resource, one file per operation. */
export { allRoutes } from "./all-routes.ts";
