import { dataStoreOperations } from "@millrace/contract";
import { pageReply, pageRequestOf } from "../../../core/index.ts";
import type { DataStores } from "../../../workflows/stores/index.ts";
import { route, type Route } from "../../route.ts";
import { recordOf } from "./data-store-view.ts";

export function listDataStoreRecords(services: { dataStores: DataStores }): Route {
  return route(dataStoreOperations.listDataStoreRecords, async (request) => {
    const { orgIds, input } = request;
    const page = await services.dataStores.listRecords(orgIds, input.data_store_id, pageRequestOf(input));
    return pageReply(page, {
      idOf: (record) => record.key,
      itemOf: (record) => ({ ...recordOf(record), ...(record.value === null && { truncated: true as const }) }),
    });
  });
}
