import { runOperations } from "@millrace/contract";
import type { Runs } from "../../../workflows/engine/index.ts";
import { route, type Route } from "../../route.ts";

export function createWorkflowRun(services: { runs: Runs }): Route {
  return route(runOperations.createWorkflowRun, async ({ input, orgIds }) => {
    return { data: await services.runs.start(orgIds, input.workflow_id, input.event) };
  });
}
