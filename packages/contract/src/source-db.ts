import { Type } from "typebox";
import { noContent, pageOf, pageParameters } from "./conventions.ts";
import { operation } from "./operation.ts";

const sourceId = { source_id: Type.String({ description: "`dc_…`" }) };
const tag = "Sources";

export const sourceDbEntrySchema = Type.Object({
  key: Type.String(),
  value: Type.Unknown(),
  size_bytes: Type.Integer({ description: "Of the value as JSON." }),
});

export const sourceDbOperations = {
  listSourceDb: operation({
    id: "listSourceDb",
    method: "GET",
    path: "/sources/:source_id/db",
    summary: "List what a source keeps, by key",
    description: "What its code wrote to `$.service.db`.",
    tag,
    access: "token",
    params: Type.Object(sourceId),
    query: Type.Object({ ...pageParameters }),
    status: 200,
    reply: pageOf(sourceDbEntrySchema),
  }),
  deleteSourceDbKey: operation({
    id: "deleteSourceDbKey",
    method: "DELETE",
    path: "/sources/:source_id/db/:key",
    summary: "Delete a key that a source keeps",
    description: "The next run does without; a run in flight has read it already and may write it again.",
    tag,
    access: "token",
    params: Type.Object({ ...sourceId, key: Type.String() }),
    status: 204,
    reply: noContent,
  }),
};
