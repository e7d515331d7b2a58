import { dataStoreOperations } from "@millrace/contract";
import type { DataStores } from "../../../workflows/stores/index.ts";
import { route, type Route } from "../../route.ts";
import { dataStoreOf } from "./data-store-view.ts";

export function getDataStore(services: { dataStores: DataStores }): Route {
  return route(dataStoreOperations.getDataStore, async (request) => {
    return { data: dataStoreOf(await services.dataStores.find(request.orgIds, request.input.data_store_id)) };
  });
}
