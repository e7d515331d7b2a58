import { sourceDbOperations } from "@millrace/contract";
import type { SourceDb } from "../../../sources/index.ts";
import { route, type Route } from "../../route.ts";

export function deleteSourceDbKey(services: { sourceDb: SourceDb }): Route {
  return route(sourceDbOperations.deleteSourceDbKey, async (request) => {
    await services.sourceDb.delete(request.orgIds, request.input.source_id, request.input.key);
    return undefined;
  });
}
