import { workflowOperations } from "@millrace/contract";
import { pageReply, pageRequestOf } from "../../../core/index.ts";
import type { Workflows } from "../../../workflows/index.ts";
import { route, type Route } from "../../route.ts";

export function listWorkflows(services: { workflows: Workflows }): Route {
  return route(workflowOperations.listWorkflows, async (request) => {
    const filter = { orgIds: request.orgIds, projectId: request.input.project_id };
    const page = await services.workflows.list(filter, pageRequestOf(request.input));
    return pageReply(page, {
      idOf: (row) => row.workflow_id,
      itemOf: (row) => ({
        id: row.workflow_id,
        name: row.name,
        active: row.active,
        deployment_id: row.deployment_id,
        project_id: row.project_id,
        owner_id: row.org_id,
        created_at: Math.floor(row.created_at_ms / 1000),
        updated_at: Math.floor(row.updated_at_ms / 1000),
      }),
    });
  });
}
