import { runOperations } from "@millrace/contract";
import type { Runs } from "../../../workflows/engine/index.ts";
import { route, type Route } from "../../route.ts";

export function cancelRun(services: { runs: Runs }): Route {
  return route(runOperations.cancelRun, async ({ input, orgIds }) => {
    return { data: await services.runs.cancel(orgIds, input.run_id) };
  });
}
