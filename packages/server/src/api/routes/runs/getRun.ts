import { runOperations } from "@millrace/contract";
import type { Runs } from "../../../workflows/engine/index.ts";
import { route, type Route } from "../../route.ts";

export function getRun(services: { runs: Runs }): Route {
  return route(runOperations.getRun, async ({ input, orgIds }) => {
    return { data: await services.runs.get(orgIds, input.run_id) };
  });
}
