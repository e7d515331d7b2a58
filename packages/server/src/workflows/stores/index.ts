/** Data stores: values by key that outlive runs, read and written by steps and through the API. */
export { DataStores, type DataStoreRow } from "./data-stores.ts";
export { DataStoreError } from "./store-error.ts";
export type { StoredRecord } from "./store-records.ts";
