import { workflowOperations } from "@millrace/contract";
import type { Workflows } from "../../../workflows/index.ts";
import { route, type Route } from "../../route.ts";

export function rollbackWorkflow(services: { workflows: Workflows }): Route {
  return route(workflowOperations.rollbackWorkflow, async (request) => {
    const { id, deployment_id: deploymentId } = request.input;
    return { data: await services.workflows.rollback(request.orgIds, id, deploymentId) };
  });
}
