import { dataStoreOperations } from "@millrace/contract";
import type { DataStores } from "../../../workflows/stores/index.ts";
import { route, type Route } from "../../route.ts";

export function deleteDataStoreRecord(services: { dataStores: DataStores }): Route {
  return route(dataStoreOperations.deleteDataStoreRecord, async (request) => {
    const { data_store_id: storeId, key } = request.input;
    await services.dataStores.deleteRecord(request.orgIds, { storeId, key });
    return undefined;
  });
}
