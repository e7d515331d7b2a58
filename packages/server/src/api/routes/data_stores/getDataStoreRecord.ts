import { dataStoreOperations } from "@millrace/contract";
import type { DataStores } from "../../../workflows/stores/index.ts";
import { route, type Route } from "../../route.ts";
import { recordOf } from "./data-store-view.ts";

export function getDataStoreRecord(services: { dataStores: DataStores }): Route {
  return route(dataStoreOperations.getDataStoreRecord, async (request) => {
    const { data_store_id: storeId, key } = request.input;
    return { data: recordOf(await services.dataStores.getRecord(request.orgIds, { storeId, key })) };
  });
}
