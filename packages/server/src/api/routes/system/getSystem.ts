import { systemOperations } from "@millrace/contract";
import { assertOperator } from "../../operator.ts";
import { route, type Route } from "../../route.ts";
import type { ApiServices } from "../../services.ts";

export function getSystem(services: Pick<ApiServices, "system" | "workspaces">): Route {
  return route(systemOperations.getSystem, async (request) => {
    await assertOperator(services, request);
    return { data: await services.system.report() };
  });
}
