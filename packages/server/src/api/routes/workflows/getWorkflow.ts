import { workflowOperations } from "@millrace/contract";
import type { Workflows } from "../../../workflows/index.ts";
import { route, type Route } from "../../route.ts";

export function getWorkflow(services: { workflows: Workflows }): Route {
  return route(workflowOperations.getWorkflow, (request) => services.workflows.find(request.orgIds, request.input.id));
}
