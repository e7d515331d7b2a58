import { dataStoreOperations } from "@millrace/contract";
import type { DataStores } from "../../../workflows/stores/index.ts";
import { route, type Route } from "../../route.ts";
import { recordOf } from "./data-store-view.ts";

export function putDataStoreRecord(services: { dataStores: DataStores }): Route {
  return route(dataStoreOperations.putDataStoreRecord, async (request) => {
    const { data_store_id: storeId, key, value, ttl_s: ttlSeconds } = request.input;
    const record = await services.dataStores.putRecord(request.orgIds, { storeId, key }, { value, ttlSeconds });
    return { data: recordOf(record) };
  });
}
