import type { ConfigurableProp, Json, JsonObject } from "@millrace/runner";
import { isRecord } from "../sources/index.ts";

const DATA_STORE_TYPE = "data_store";

/** The data stores that configured values name, by prop; those of expressions cannot be known. */
export function dataStoresOf(definition: readonly ConfigurableProp[], props: JsonObject): Record<string, string> {
  const stores: Record<string, string> = {};
  for (const prop of definition) {
    const id = prop.type === DATA_STORE_TYPE ? dataStoreIdIn(props[prop.name]) : null;
    if (id !== null) stores[prop.name] = id;
  }
  return stores;
}

/** `"ds_…"`, with a label around it, or `{id}`. */
function dataStoreIdIn(value: Json | undefined): string | null {
  if (typeof value === "string") return value.includes("{{") ? null : value;
  if (!isRecord(value)) return null;
  if (isRecord(value["__lv"])) return dataStoreIdIn(value["__lv"]["value"]);
  return typeof value["id"] === "string" ? value["id"] : null;
}
