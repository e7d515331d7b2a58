import type { Json, JsonObject } from "../../invocation.ts";
import type { CallMethod } from "../../step.ts";
import { collect } from "../calls/index.ts";
import type { Calls } from "../calls/index.ts";
import { isObject } from "../definition/index.ts";
import { parseJson, stringifyStrict } from "../safe-json.ts";

/** The value of a `data_store` prop: everything happens in the server, so everything is awaited. Values are JSON. */
export interface DataStore extends AsyncIterable<[string, Json]> {
  get(key: unknown): Promise<Json | undefined>;
  set(key: unknown, value: unknown, options?: unknown): Promise<void>;
  setTtl(key: unknown, ttl: unknown): Promise<boolean>;
  has(key: unknown): Promise<boolean>;
  delete(key: unknown): Promise<void>;
  keys(): Promise<string[]>;
  entries(): Promise<[string, Json][]>;
  clear(): Promise<void>;
  /** Adds to a number, which starts at 0, in one step. */
  increment(key: unknown, by?: unknown): Promise<number>;
  /** Stores `value` if what is stored equals `expected`; undefined stands for no record on either side. */
  compareAndSet(key: unknown, expected: unknown, value: unknown): Promise<boolean>;
}

interface Page<Item> {
  readonly items: readonly Item[];
  readonly next: string | null;
}

/** @param store id of the store. */
export function createDataStore(store: string, calls: Calls): DataStore {
  const call = (method: CallMethod, params: JsonObject = {}): Promise<Json> => calls.call(method, { store, ...params });
  const pages = async function* <Item>(method: CallMethod, field: string): AsyncGenerator<Item> {
    let after: string | null = null;
    do {
      const page: Page<Item> = readPage<Item>(await call(method, { after }), field);
      yield* page.items;
      after = page.next;
    } while (after !== null);
  };
  return {
    async get(key) {
      const found = await call("dataStore.get", { key: String(key) });
      return isObject(found) && found["found"] === true ? found["value"] : undefined;
    },
    async set(key, value, options) {
      const ttlSeconds = isObject(options) ? readTtl(options["ttl"]) : null;
      await call("dataStore.set", { key: String(key), value: jsonOf(value) ?? null, ttlSeconds });
    },
    setTtl: async (key, ttl) =>
      (await call("dataStore.setTtl", { key: String(key), ttlSeconds: readTtl(ttl) })) === true,
    has: async (key) => (await call("dataStore.has", { key: String(key) })) === true,
    async delete(key) {
      await call("dataStore.delete", { key: String(key) });
    },
    keys: () => collect(pages<string>("dataStore.keys", "keys")),
    entries: () => collect(pages<[string, Json]>("dataStore.entries", "entries")),
    async clear() {
      await call("dataStore.clear");
    },
    async increment(key, by = 1) {
      const step = Number(by);
      if (!Number.isFinite(step)) throw new TypeError("increment() takes a number.");
      return (await call("dataStore.increment", { key: String(key), by: step })) as number;
    },
    async compareAndSet(key, expected, value) {
      const before = jsonOf(expected);
      const after = jsonOf(value);
      const params = {
        ...(before !== undefined && { expected: before }),
        ...(after !== undefined && { value: after }),
      };
      return (await call("dataStore.compareAndSet", { key: String(key), ...params })) === true;
    },
    [Symbol.asyncIterator]: () => pages<[string, Json]>("dataStore.entries", "entries"),
  };
}

function readPage<Item>(answer: Json, field: string): Page<Item> {
  const page = isObject(answer) ? answer : {};
  const items = page[field];
  return {
    items: Array.isArray(items) ? (items as Item[]) : [],
    next: typeof page["next"] === "string" ? page["next"] : null,
  };
}

/** @throws TypeError for what is no JSON. */
function jsonOf(value: unknown): Json | undefined {
  const text = stringifyStrict(value);
  return text === undefined ? undefined : (parseJson(text) as Json);
}

function readTtl(ttl: unknown): number | null {
  if (ttl === undefined || ttl === null) return null;
  const seconds = Number(ttl);
  if (!(seconds > 0) || !Number.isFinite(seconds)) throw new TypeError("ttl is a number of seconds above 0.");
  return seconds;
}
