import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { CallMethod, Json } from "../src/index.ts";
import { ScriptHost } from "../testing/index.ts";

let python: ScriptHost;
before(async () => {
  python = await ScriptHost.start("python");
});
after(() => python[Symbol.asyncDispose]());

const PAGE_SIZE = 2;

interface Asked {
  readonly store: string;
  readonly key: string;
  readonly value?: Json;
  readonly expected?: Json;
  readonly ttlSeconds: number | null;
  readonly after: string | null;
  readonly by: number;
}

/** Answers what steps ask of a data store, from memory and in small pages. */
class Records {
  readonly values = new Map<string, Json>();
  readonly ttls = new Map<string, number | null>();
  readonly stores = new Set<string>();
  readonly #answers: Partial<Record<CallMethod, (asked: Asked) => Json>> = {
    "dataStore.get": ({ key }) => ({ found: this.values.has(key), value: this.values.get(key) ?? null }),
    "dataStore.set": ({ key, value, ttlSeconds }) => {
      this.values.set(key, value ?? null);
      this.ttls.set(key, ttlSeconds);
      return null;
    },
    "dataStore.setTtl": ({ key, ttlSeconds }) => this.ttls.set(key, ttlSeconds).has(key),
    "dataStore.has": ({ key }) => this.values.has(key),
    "dataStore.delete": ({ key }) => this.values.delete(key),
    "dataStore.clear": () => {
      this.values.clear();
      return null;
    },
    "dataStore.keys": (asked) => {
      const { items, next } = this.#page(asked);
      return { keys: items.map(([key]) => key), next };
    },
    "dataStore.entries": (asked) => {
      const { items, next } = this.#page(asked);
      return { entries: items, next };
    },
    "dataStore.increment": ({ key, by }) => {
      const sum = Number(this.values.get(key) ?? 0) + by;
      this.values.set(key, sum);
      return sum;
    },
    "dataStore.compareAndSet": ({ key, expected, value }) => {
      if (JSON.stringify(this.values.get(key)) !== JSON.stringify(expected)) return false;
      if (value === undefined) this.values.delete(key);
      else this.values.set(key, value);
      return true;
    },
  };

  readonly call = (method: CallMethod, params: Json): Promise<Json> => {
    const asked = params as unknown as Asked;
    this.stores.add(asked.store);
    const answer = this.#answers[method];
    return answer ? Promise.resolve(answer(asked)) : Promise.reject(new TypeError(`nobody expected ${method}`));
  };

  #page({ after: last }: Asked): { items: [string, Json][]; next: string | null } {
    const all = [...this.values].toSorted(([left], [right]) => left.localeCompare(right));
    const items = all.filter(([key]) => last === null || key > last).slice(0, PAGE_SIZE);
    return { items, next: items.length === PAGE_SIZE ? (items.at(-1)?.[0] ?? null) : null };
  }
}

const STORE = { props: { data_store: "ds_abc" } };

/** Runs the body of a handler that knows the store as `ds`. */
async function withStore(body: string, records = new Records()): Promise<unknown> {
  const lines = body.split("\n").map((line) => `    ${line}`);
  const code = `def handler(pd):\n    ds = pd.inputs["data_store"]\n${lines.join("\n")}`;
  return python.valueOf(code, STORE, records);
}

describe("a data store in a Python step", () => {
  test("is written and read like a dict", async () => {
    const records = new Records();
    const value = await withStore(
      'ds["a"] = {"b": [1, None]}\nds["n"] = 2\nreturn [ds["a"], ds["n"], "a" in ds, "x" in ds]',
      records,
    );
    assert.deepEqual(value, [{ b: [1, null] }, 2, true, false]);
    assert.deepEqual([...records.stores], ["ds_abc"]);
  });

  test("raises a TypeError for a key that is not there, and get has a default", async () => {
    const body = 'try:\n    ds["x"]\nexcept TypeError as error:\n    return [str(error), ds.get("x"), ds.get("x", 5)]';
    assert.deepEqual(await withStore(body), ["the data store has no record 'x'", null, 5]);
  });

  test("tells null from nothing", async () => {
    assert.deepEqual(await withStore('ds["a"] = None\nreturn [ds["a"], ds.get("a", 1), "a" in ds]'), [
      null,
      null,
      true,
    ]);
  });

  test("is walked through page by page", async () => {
    const body = `for n in range(5):
    ds[f"k{n}"] = n
keys = ds.keys()
return [isinstance(keys, list), list(keys), dict(ds.items()), list(ds), len(ds)]`;
    const all = ["k0", "k1", "k2", "k3", "k4"];
    assert.deepEqual(await withStore(body), [false, all, { k0: 0, k1: 1, k2: 2, k3: 3, k4: 4 }, all, 5]);
  });

  test("forgets one record, or all", async () => {
    const body =
      'ds["a"] = 1\nds["b"] = 2\ndel ds["a"]\nfirst = list(ds)\nds.clear()\nreturn [first, list(ds), bool(ds)]';
    assert.deepEqual(await withStore(body), [["b"], [], true]);
  });

  test("lets records expire", async () => {
    const records = new Records();
    await withStore(
      'ds.set("a", 1, ttl=60)\nds.set("b", 1)\nds.set("c", 1, 5)\nds.set_ttl("c", ttl=None)\nds.set_ttl("b", ttl=9)',
      records,
    );
    assert.deepEqual(Object.fromEntries(records.ttls), { a: 60, b: 9, c: null });
    const result = await python.run('def handler(pd):\n    pd.inputs["data_store"].set("a", 1, ttl=0)', STORE, records);
    assert.match(result.error?.message ?? "", /ttl is a number of seconds above 0/);
  });

  test("counts and swaps in one step", async () => {
    const body = `counts = [ds.incr("n"), ds.incr("n", 5), ds.incr("n", -1)]
swaps = [ds.compare_and_set("k", value=1), ds.compare_and_set("k", value=2), ds.compare_and_set("k", 1, 3), ds.compare_and_set("k", 3)]
return [counts, swaps, "k" in ds]`;
    assert.deepEqual(await withStore(body), [[1, 6, 5], [true, false, true, true], false]);
  });

  test("takes JSON only", async () => {
    const result = await python.run(
      'def handler(pd):\n    pd.inputs["data_store"]["a"] = {1, 2}',
      STORE,
      new Records(),
    );
    assert.match(result.error?.message ?? "", /^The record 'a' cannot be JSON/);
  });

  test("is shared by the threads of a step", async () => {
    const body = `from concurrent.futures import ThreadPoolExecutor
with ThreadPoolExecutor(8) as threads:
    list(threads.map(lambda n: ds.incr("n"), range(100)))
return ds["n"]`;
    assert.equal(await withStore(body), 100);
  });

  test("refuses what the server refuses, in the words of the server", async () => {
    const call = () =>
      Promise.reject(Object.assign(new Error("This step has no such data store."), { name: "NotFound" }));
    const { error } = await python.run('def handler(pd):\n    pd.inputs["data_store"]["a"]', STORE, { call });
    assert.deepEqual([error?.name, error?.message], ["NotFound", "This step has no such data store."]);
    assert.match(error?.stack ?? "", /File "code.py", line 2, in handler/);
  });
});
