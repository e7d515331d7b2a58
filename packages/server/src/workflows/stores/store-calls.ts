import type { Json, JsonObject } from "@millrace/runner";
import { DataStoreError } from "./store-error.ts";
import { assertKey, assertNumber, expiryOf, valueText } from "./store-limits.ts";
import type { StoreKey, StorePart, StoreRecords } from "./store-records.ts";

export interface StoreCall {
  readonly access: { readonly orgId: string; readonly allowedIds: readonly string[] };
  readonly method: string;
  /** As the sandbox sent them. */
  readonly params: Json;
  readonly nowMs: number;
}

/** One call, with its store checked. */
interface Checked {
  readonly records: StoreRecords;
  readonly of: StoreKey;
  readonly params: JsonObject;
  readonly nowMs: number;
}
type Answer = (call: Checked) => Promise<Json>;

const ANSWERS: Readonly<Record<string, Answer>> = {
  "dataStore.get": async ({ records, nowMs, ...call }) => {
    const record = await records.get(recordKey(call), nowMs);
    return record ? { found: true, value: JSON.parse(record.value) as Json } : { found: false, value: null };
  },
  "dataStore.has": ({ records, nowMs, ...call }) => records.has(recordKey(call), nowMs),
  "dataStore.set": async ({ records, nowMs, ...call }) => {
    const expiresAtMs = expiryOf(call.params["ttlSeconds"], nowMs);
    await records.set(recordKey(call), { value: valueText(call.params["value"]), expiresAtMs, nowMs });
    return null;
  },
  "dataStore.setTtl": ({ records, nowMs, ...call }) =>
    records.setExpiry(recordKey(call), { expiresAtMs: expiryOf(call.params["ttlSeconds"], nowMs), nowMs }),
  "dataStore.delete": ({ records, nowMs, ...call }) => records.delete(recordKey(call), nowMs),
  "dataStore.clear": async ({ records, of }) => {
    await records.clear(of);
    return null;
  },
  "dataStore.keys": async ({ records, of, params, nowMs }) => {
    const part = await records.keys(of, { after: afterOf(params), nowMs });
    return { keys: part.items, next: nextOf(part, (key) => key) };
  },
  "dataStore.entries": async ({ records, of, params, nowMs }) => {
    const part = await records.entries(of, { after: afterOf(params), nowMs });
    const entries = part.items.map(({ key, value }): Json => [key, JSON.parse(value) as Json]);
    return { entries, next: nextOf(part, ({ key }) => key) };
  },
  "dataStore.increment": async ({ records, nowMs, ...call }) => {
    const sum = await records.increment(recordKey(call), { by: assertNumber(call.params["by"] ?? 1), nowMs });
    return Number(sum);
  },
  "dataStore.compareAndSet": ({ records, nowMs, ...call }) => {
    const { expected, value } = call.params;
    const text = value === undefined ? undefined : valueText(value);
    return records.compareAndSet(recordKey(call), { expected, value: text, nowMs });
  },
};

/** Does what a step asked of a data store that it may use. @throws DataStoreError */
export async function answerStoreCall(records: StoreRecords, call: StoreCall): Promise<Json> {
  const { access, method, nowMs } = call;
  const params = isObject(call.params) ? call.params : {};
  const answer = Object.hasOwn(ANSWERS, method) ? ANSWERS[method] : undefined;
  if (!answer) throw new DataStoreError("unknown_method", `There is no call ${JSON.stringify(method)}`);
  const storeId = params["store"];
  if (typeof storeId !== "string" || !access.allowedIds.includes(storeId)) {
    throw new DataStoreError("no_access", "This step may not use that data store");
  }
  return answer({ records, of: { orgId: access.orgId, storeId }, params, nowMs });
}

function isObject(params: Json): params is JsonObject {
  return typeof params === "object" && params !== null && !Array.isArray(params);
}

function recordKey({ of, params }: Pick<Checked, "of" | "params">) {
  return { ...of, key: assertKey(params["key"]) };
}

function afterOf(params: JsonObject): string | null {
  const after = params["after"];
  return after === null || after === undefined ? null : assertKey(after);
}

function nextOf<Item>(part: StorePart<Item>, keyOf: (item: Item) => string): string | null {
  const last = part.items.at(-1);
  return part.hasMore && last !== undefined ? keyOf(last) : null;
}
