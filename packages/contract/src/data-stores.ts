import { Type } from "typebox";
import { dataOf, epochSeconds, noContent, nullable, pageOf, pageParameters } from "./conventions.ts";
import { operation } from "./operation.ts";

export const dataStoreSchema = Type.Object({
  id: Type.String({ description: "`ds_…`" }),
  name: Type.String(),
  created_at: epochSeconds,
  updated_at: epochSeconds,
});

const recordProperties = {
  key: Type.String(),
  size_bytes: Type.Integer({ description: "Of the value as JSON." }),
  expires_at: nullable(Type.Integer({ description: "Epoch seconds; null: never." })),
  updated_at: epochSeconds,
};
export const dataStoreRecordSchema = Type.Object({ ...recordProperties, value: Type.Unknown() });
const listedRecordSchema = Type.Object({
  ...recordProperties,
  value: Type.Unknown({ description: "Null when `truncated`." }),
  truncated: Type.Optional(Type.Literal(true, { description: "The value is large: read the record for it." })),
});

const storeId = { data_store_id: Type.String({ description: "`ds_…`" }) };
const recordKey = { ...storeId, key: Type.String({ maxLength: 1_024 }) };
const tag = "Data stores";

export const dataStoreOperations = {
  createDataStore: operation({
    id: "createDataStore",
    method: "POST",
    path: "/data_stores",
    summary: "Create a data store",
    description: "Values by key that outlive runs. Steps use it by a prop of the type `data_store`.",
    tag,
    access: "token",
    takesOrgId: true,
    body: Type.Object({ name: Type.String({ minLength: 1, maxLength: 200 }) }),
    status: 200,
    reply: dataOf(dataStoreSchema),
  }),
  listDataStores: operation({
    id: "listDataStores",
    method: "GET",
    path: "/data_stores",
    summary: "List data stores",
    tag,
    access: "token",
    query: Type.Object({ ...pageParameters }),
    status: 200,
    reply: pageOf(dataStoreSchema),
  }),
  getDataStore: operation({
    id: "getDataStore",
    method: "GET",
    path: "/data_stores/:data_store_id",
    summary: "Get a data store",
    tag,
    access: "token",
    params: Type.Object(storeId),
    status: 200,
    reply: dataOf(dataStoreSchema),
  }),
  deleteDataStore: operation({
    id: "deleteDataStore",
    method: "DELETE",
    path: "/data_stores/:data_store_id",
    summary: "Delete a data store and its records",
    description: "Refused while a workflow uses it.",
    tag,
    access: "token",
    params: Type.Object(storeId),
    status: 204,
    reply: noContent,
  }),
  listDataStoreRecords: operation({
    id: "listDataStoreRecords",
    method: "GET",
    path: "/data_stores/:data_store_id/records",
    summary: "List the records of a data store, by key",
    tag,
    access: "token",
    params: Type.Object(storeId),
    query: Type.Object({ ...pageParameters }),
    status: 200,
    reply: pageOf(listedRecordSchema),
  }),
  getDataStoreRecord: operation({
    id: "getDataStoreRecord",
    method: "GET",
    path: "/data_stores/:data_store_id/records/:key",
    summary: "Get a record",
    tag,
    access: "token",
    params: Type.Object(recordKey),
    status: 200,
    reply: dataOf(dataStoreRecordSchema),
  }),
  putDataStoreRecord: operation({
    id: "putDataStoreRecord",
    method: "PUT",
    path: "/data_stores/:data_store_id/records/:key",
    summary: "Create or replace a record",
    tag,
    access: "token",
    params: Type.Object(recordKey),
    body: Type.Object({
      value: Type.Unknown({ description: "Any JSON, up to 6 MB." }),
      ttl_s: Type.Optional(
        Type.Number({ exclusiveMinimum: 0, description: "Seconds until the record expires; never when absent." }),
      ),
    }),
    status: 200,
    reply: dataOf(dataStoreRecordSchema),
  }),
  deleteDataStoreRecord: operation({
    id: "deleteDataStoreRecord",
    method: "DELETE",
    path: "/data_stores/:data_store_id/records/:key",
    summary: "Delete a record",
    tag,
    access: "token",
    params: Type.Object(recordKey),
    status: 204,
    reply: noContent,
  }),
};
