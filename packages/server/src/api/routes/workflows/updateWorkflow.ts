import { workflowOperations } from "@millrace/contract";
import type { JsonObject } from "@millrace/runner";
import type { Workflows } from "../../../workflows/index.ts";
import { route, type Route } from "../../route.ts";

export function updateWorkflow(services: { workflows: Workflows }): Route {
  return route(workflowOperations.updateWorkflow, async (request) => {
    const { id, active, steps, triggers, settings } = request.input;
    const change = { active, steps, triggers, settings: settings as JsonObject | undefined };
    return { data: await services.workflows.update(request.orgIds, id, change) };
  });
}
