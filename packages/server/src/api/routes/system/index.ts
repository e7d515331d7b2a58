/** The instance as its operator sees it. */
import type { ApiServices } from "../../services.ts";
import type { Route } from "../../route.ts";
import { getSystem } from "./getSystem.ts";

export function systemRoutes(services: ApiServices): Route[] {
  return [getSystem(services)];
}
