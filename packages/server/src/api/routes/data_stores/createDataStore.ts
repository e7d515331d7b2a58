import { dataStoreOperations } from "@millrace/contract";
import type { DataStores } from "../../../workflows/stores/index.ts";
import { route, type Route } from "../../route.ts";
import { dataStoreOf } from "./data-store-view.ts";

export function createDataStore(services: { dataStores: DataStores }): Route {
  return route(dataStoreOperations.createDataStore, async (request) => {
    const row = await services.dataStores.create(request.orgId(), request.input.name);
    return { data: dataStoreOf(row) };
  });
}
