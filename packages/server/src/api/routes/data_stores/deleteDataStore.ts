import { dataStoreOperations } from "@millrace/contract";
import type { DataStores } from "../../../workflows/stores/index.ts";
import { route, type Route } from "../../route.ts";

export function deleteDataStore(services: { dataStores: DataStores }): Route {
  return route(dataStoreOperations.deleteDataStore, async (request) => {
    await services.dataStores.delete(request.orgIds, request.input.data_store_id);
    return undefined;
  });
}
