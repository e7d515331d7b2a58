import { runOperations } from "@millrace/contract";
import { pageReply, pageRequestOf } from "../../../core/index.ts";
import type { Runs } from "../../../workflows/engine/index.ts";
import { route, type Route } from "../../route.ts";

export function listWorkspaceRuns(services: { runs: Runs }): Route {
  return route(runOperations.listWorkspaceRuns, async ({ input, memberOf }) => {
    const { status, since, until, q: text } = input;
    const how = { filter: { status, since, until, text }, page: pageRequestOf(input) };
    const page = await services.runs.listOfWorkspace(memberOf(input.workspace_id), how);
    return pageReply(page, { idOf: (run) => run.id, itemOf: (run) => run });
  });
}
