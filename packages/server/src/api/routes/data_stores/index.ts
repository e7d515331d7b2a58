/** Data stores and their records. */
import type { Route } from "../../route.ts";
import type { ApiServices } from "../../services.ts";
import { createDataStore } from "./createDataStore.ts";
import { deleteDataStore } from "./deleteDataStore.ts";
import { deleteDataStoreRecord } from "./deleteDataStoreRecord.ts";
import { getDataStore } from "./getDataStore.ts";
import { getDataStoreRecord } from "./getDataStoreRecord.ts";
import { listDataStoreRecords } from "./listDataStoreRecords.ts";
import { listDataStores } from "./listDataStores.ts";
import { putDataStoreRecord } from "./putDataStoreRecord.ts";

export function dataStoreRoutes(services: Pick<ApiServices, "dataStores">): Route[] {
  return [
    createDataStore(services),
    deleteDataStore(services),
    deleteDataStoreRecord(services),
    getDataStore(services),
    getDataStoreRecord(services),
    listDataStoreRecords(services),
    listDataStores(services),
    putDataStoreRecord(services),
  ];
}
