import { workflowOperations } from "@millrace/contract";
import type { Workflows } from "../../../workflows/index.ts";
import { route, type Route } from "../../route.ts";

export function deleteWorkflow(services: { workflows: Workflows }): Route {
  return route(workflowOperations.deleteWorkflow, async (request) => {
    await services.workflows.delete(request.orgIds, request.input.id);
    return undefined;
  });
}
