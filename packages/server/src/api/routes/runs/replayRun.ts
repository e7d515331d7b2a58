import { runOperations } from "@millrace/contract";
import type { Runs } from "../../../workflows/engine/index.ts";
import { route, type Route } from "../../route.ts";

export function replayRun(services: { runs: Runs }): Route {
  return route(runOperations.replayRun, async ({ input, orgIds }) => {
    return { data: await services.runs.replay(orgIds, input.run_id, input.from_step) };
  });
}
