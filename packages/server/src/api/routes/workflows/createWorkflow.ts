import { workflowOperations } from "@millrace/contract";
import type { Json, JsonObject } from "@millrace/runner";
import type { Workflows } from "../../../workflows/index.ts";
import { route, type Route } from "../../route.ts";

export function createWorkflow(services: { workflows: Workflows }): Route {
  return route(workflowOperations.createWorkflow, async (request) => {
    const { input, principal } = request;
    const workflow = await services.workflows.create({
      orgId: request.orgId(),
      userId: principal.kind === "user" ? principal.userId : null,
      projectId: input.project_id,
      templateId: input.template_id,
      steps: input.steps as Json[] | undefined,
      triggers: input.triggers as Json[] | undefined,
      settings: input.settings as JsonObject | undefined,
    });
    return { data: workflow };
  });
}
