import { sourceDbOperations } from "@millrace/contract";
import { pageReply, pageRequestOf } from "../../../core/index.ts";
import type { SourceDb } from "../../../sources/index.ts";
import { route, type Route } from "../../route.ts";

export function listSourceDb(services: { sourceDb: SourceDb }): Route {
  return route(sourceDbOperations.listSourceDb, async (request) => {
    const page = await services.sourceDb.list(request.orgIds, request.input.source_id, pageRequestOf(request.input));
    return pageReply(page, {
      idOf: ({ key }) => key,
      itemOf: ({ key, value, size_bytes }) => ({ key, value: JSON.parse(value) as unknown, size_bytes }),
    });
  });
}
