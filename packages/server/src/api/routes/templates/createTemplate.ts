import { templateOperations } from "@millrace/contract";
import type { Workflows } from "../../../workflows/index.ts";
import { route, type Route } from "../../route.ts";
import { templateOf } from "./template-view.ts";

export function createTemplate(services: { workflows: Workflows }): Route {
  return route(templateOperations.createTemplate, async (request) => {
    const { name, workflow_id: workflowId, definition } = request.input;
    const orgId = await orgOf(services, { workflowId, orgIds: request.orgIds, chosen: () => request.orgId() });
    return { data: templateOf(await services.workflows.templates.create({ orgId, name, workflowId, definition })) };
  });
}

/** A template of a workflow lies where the workflow lies. */
async function orgOf(
  { workflows }: { workflows: Workflows },
  { workflowId, orgIds, chosen }: { workflowId: string | undefined; orgIds: readonly string[]; chosen: () => string },
): Promise<string> {
  return workflowId === undefined ? chosen() : (await workflows.findRow(orgIds, workflowId)).org_id;
}
