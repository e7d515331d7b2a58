import { dataStoreOperations } from "@millrace/contract";
import { pageReply, pageRequestOf } from "../../../core/index.ts";
import type { DataStores } from "../../../workflows/stores/index.ts";
import { route, type Route } from "../../route.ts";
import { dataStoreOf } from "./data-store-view.ts";

export function listDataStores(services: { dataStores: DataStores }): Route {
  return route(dataStoreOperations.listDataStores, async (request) => {
    const page = await services.dataStores.list(request.orgIds, pageRequestOf(request.input));
    return pageReply(page, { idOf: (row) => row.data_store_id, itemOf: dataStoreOf });
  });
}
