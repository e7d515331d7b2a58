import { runOperations } from "@millrace/contract";
import { pageReply, pageRequestOf } from "../../../core/index.ts";
import type { Runs } from "../../../workflows/engine/index.ts";
import { route, type Route } from "../../route.ts";

export function listWorkflowRuns(services: { runs: Runs }): Route {
  return route(runOperations.listWorkflowRuns, async ({ input, orgIds }) => {
    const { status, since, until } = input;
    const how = { filter: { status, since, until }, page: pageRequestOf(input) };
    const page = await services.runs.list(orgIds, input.workflow_id, how);
    return pageReply(page, { idOf: (run) => run.id, itemOf: (run) => run });
  });
}
