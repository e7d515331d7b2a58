import { runOperations } from "@millrace/contract";
import type { Runs } from "../../../workflows/engine/index.ts";
import { route, type Route } from "../../route.ts";

export function replayWorkflowRuns(services: { runs: Runs }): Route {
  return route(runOperations.replayWorkflowRuns, async ({ input, orgIds }) => {
    const { status, since, until } = input;
    const runIds = await services.runs.replayAll(orgIds, input.workflow_id, { status, since, until });
    return { data: { count: runIds.length, run_ids: runIds } };
  });
}
