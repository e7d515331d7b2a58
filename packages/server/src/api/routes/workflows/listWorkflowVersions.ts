import { workflowOperations } from "@millrace/contract";
import { pageReply, pageRequestOf } from "../../../core/index.ts";
import type { Workflows } from "../../../workflows/index.ts";
import { route, type Route } from "../../route.ts";

export function listWorkflowVersions(services: { workflows: Workflows }): Route {
  return route(workflowOperations.listWorkflowVersions, async (request) => {
    const { input } = request;
    const page = await services.workflows.listVersions(request.orgIds, input.id, pageRequestOf(input));
    return pageReply(page, {
      idOf: (row) => row.deployment_id,
      itemOf: (row) => ({
        id: row.deployment_id,
        workflow_id: row.workflow_id,
        number: row.number,
        active: row.is_current,
        pending: row.is_pending,
        created_at: Math.floor(row.created_at_ms / 1000),
      }),
    });
  });
}
