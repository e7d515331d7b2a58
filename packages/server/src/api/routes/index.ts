/** Every route: one folder per resource, one file per operation. */
import type { Route } from "../route.ts";
import type { ApiServices } from "../services.ts";
import { userRoutes } from "./users/index.ts";

export function allRoutes(services: ApiServices): Route[] {
  return [...userRoutes(services)];
}
