import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Json } from "@millrace/runner";
import { dataStoreRoutes } from "../src/api/routes/data_stores/index.ts";
import { DataStores } from "../src/workflows/stores/index.ts";
import { addUser, startTestApi, testDatabase, type TestApi, type TestDatabase } from "../testing/index.ts";

let database: TestDatabase;
let api: TestApi;
let stores: DataStores;
let storeId: string;
before(async () => {
  database = await testDatabase({ poolSize: 8 });
  stores = new DataStores({ db: database.db });
  api = await startTestApi({ database, routes: dataStoreRoutes({ dataStores: stores }) });
  storeId = (await stores.create(api.credentials.org_id, "mine")).data_store_id;
});
after(async () => {
  await api[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

function ask(method: string, params: { [name: string]: Json }, allowedIds = [storeId]): Promise<Json> {
  return stores.handle({ orgId: api.credentials.org_id, allowedIds }, `dataStore.${method}`, {
    store: storeId,
    ...params,
  });
}
async function freshStore(): Promise<string> {
  return (await stores.create(api.credentials.org_id, "fresh")).data_store_id;
}
const coded = (code: string) => (error: unknown) => error instanceof Error && "code" in error && error.code === code;

test("a step gets back what it has set, whatever JSON it is", async () => {
  const values: Json[] = [null, 0, "", "\0\ud800", [1, { a: [] }], { __proto__x: "ü" }, true, 1e300];
  for (const value of values) {
    await ask("set", { key: "any", value, ttlSeconds: null });
    const text = JSON.stringify(value);
    assert.deepEqual(await ask("get", { key: "any" }), { found: true, value: JSON.parse(text) as Json });
  }
  assert.deepEqual(await ask("get", { key: "none" }), { found: false, value: null });
  assert.deepEqual([await ask("has", { key: "any" }), await ask("has", { key: "none" })], [true, false]);
  assert.deepEqual([await ask("delete", { key: "any" }), await ask("delete", { key: "any" })], [true, false]);
});

test("100 increments at once are all counted", async () => {
  const sums = await Promise.all(Array.from({ length: 100 }, () => ask("increment", { key: "count", by: 1 })));
  assert.deepEqual(
    sums.toSorted((a, b) => Number(a) - Number(b)),
    Array.from({ length: 100 }, (_, index) => index + 1),
  );
  assert.equal(await ask("increment", { key: "count", by: 0.5 }), 100.5);
  assert.equal(await ask("increment", { key: "count", by: -100.5 }), 0);
});

test("only a number can be incremented", async () => {
  await ask("set", { key: "word", value: "7", ttlSeconds: null });
  await assert.rejects(ask("increment", { key: "word", by: 1 }), coded("not_a_number"));
  await ask("set", { key: "huge", value: 1.7e308, ttlSeconds: null });
  await assert.rejects(ask("increment", { key: "huge", by: 1.7e308 }), coded("not_a_number"));
  await assert.rejects(ask("increment", { key: "count", by: "1" }), coded("not_a_number"));
});

test("of many who compare and set at once exactly one wins, on a record and on none", async () => {
  for (const [from, to] of [
    [undefined, { owner: 1 }],
    [{ owner: 1 }, { owner: 2 }],
  ] as const) {
    const params = { key: "lock", value: to, ...(from && { expected: from }) };
    const won = await Promise.all(Array.from({ length: 20 }, () => ask("compareAndSet", params)));
    assert.equal(won.filter(Boolean).length, 1);
  }
  assert.equal(await ask("compareAndSet", { key: "lock", expected: { owner: 1 } }), false);
  assert.equal(await ask("compareAndSet", { key: "lock", expected: { owner: 2 } }), true);
  assert.equal(await ask("has", { key: "lock" }), false);
});

test("an expired record is as good as none, and pruning removes it for good", async () => {
  const { db } = database;
  const expire = (key: string) => db.query("update data_store_records set expires_at_ms = 1 where key = $1", [key]);
  for (const key of ["old-get", "old-count", "old-swap", "old-kept"]) {
    await ask("set", { key, value: 5, ttlSeconds: 60 });
    await expire(key);
    assert.deepEqual(await ask("get", { key }), { found: false, value: null });
    assert.equal(await ask("has", { key }), false);
    assert.equal(await ask("setTtl", { key, ttlSeconds: 60 }), false);
  }
  assert.equal(await ask("increment", { key: "old-count", by: 2 }), 2);
  assert.equal(await ask("compareAndSet", { key: "old-swap", value: "new" }), true);
  assert.equal(await ask("delete", { key: "old-get" }), false);
  assert.equal(await stores.pruneExpired(Date.now()), 1);
  assert.equal((await db.query("select from data_store_records where key = 'old-kept'")).rowCount, 0);
});

test("a time to live can be set, seen and taken away", async () => {
  await ask("set", { key: "ttl", value: 1, ttlSeconds: null });
  const before = Math.floor(Date.now() / 1000);
  assert.equal(await ask("setTtl", { key: "ttl", ttlSeconds: 100 }), true);
  const path = `/v1/data_stores/${storeId}/records/ttl`;
  const shown = (await api.call("GET", path)).body as { data: { expires_at: number | null } };
  assert.ok((shown.data.expires_at ?? 0) >= before + 100);
  await ask("increment", { key: "ttl", by: 1 });
  assert.notEqual(((await api.call("GET", path)).body as typeof shown).data.expires_at, null);
  assert.equal(await ask("setTtl", { key: "ttl", ttlSeconds: null }), true);
  assert.equal(((await api.call("GET", path)).body as typeof shown).data.expires_at, null);
  for (const ttlSeconds of [0, -1, "5", 1e300]) {
    await assert.rejects(ask("set", { key: "ttl", value: 1, ttlSeconds }), coded("invalid_ttl"));
  }
});

test("keys and entries come in parts, in order and complete", async () => {
  const store = await freshStore();
  const params = { store, after: null };
  const names = Array.from({ length: 1_203 }, (_, index) => `k${String(index).padStart(5, "0")}`);
  await database.db.query(
    `insert into data_store_records select $1, $2, key, '"v"', null, 0 from unnest($3::text[]) as key`,
    [api.credentials.org_id, store, names],
  );
  const seen: { keys: unknown[]; entries: unknown[] } = { keys: [], entries: [] };
  for (const what of ["keys", "entries"] as const) {
    let after: Json = null;
    do {
      const part = (await ask(what, { ...params, after }, [store])) as { [name: string]: Json[] } & { next: Json };
      seen[what].push(...(part[what] ?? []));
      after = part.next;
    } while (after !== null);
  }
  assert.deepEqual(seen.keys, names);
  assert.deepEqual(
    seen.entries,
    names.map((name) => [name, "v"]),
  );
  await ask("clear", { store }, [store]);
  assert.deepEqual(await ask("keys", params, [store]), { keys: [], next: null });
});

test("large entries come one by one rather than all at once", async () => {
  const store = await freshStore();
  for (const key of ["a", "b"]) await ask("set", { store, key, value: key.repeat(5_000_000) }, [store]);
  const first = (await ask("entries", { store, after: null }, [store])) as { entries: Json[]; next: Json };
  assert.deepEqual([first.entries.length, first.next], [1, "a"]);
  const second = (await ask("entries", { store, after: "a" }, [store])) as { entries: Json[]; next: Json };
  assert.deepEqual([second.entries.length, second.next], [1, null]);
});

test("bad keys, large values and unknown calls are refused by name", async () => {
  for (const key of ["", "a\0b", "\ud800", "x".repeat(1_025), 7, null]) {
    await assert.rejects(ask("get", { key }), coded("invalid_key"));
  }
  await assert.rejects(ask("set", { key: "big", value: "ü".repeat(3_200_000) }), coded("too_large"));
  await assert.rejects(ask("constructor", {}), coded("unknown_method"));
  await assert.rejects(
    stores.handle({ orgId: "o_x", allowedIds: [storeId] }, "toString", null),
    coded("unknown_method"),
  );
});

test("a step reaches only the stores that it was given, and only in its own workspace", async () => {
  await assert.rejects(ask("get", { key: "any" }, []), coded("no_access"));
  await assert.rejects(ask("get", { key: "any", store: ["x"] }), coded("no_access"));
  const stranger = await addUser(api.db);
  const access = { orgId: stranger.orgId ?? "", allowedIds: [storeId] };
  const params = { store: storeId, key: "any", value: 1 };
  await assert.rejects(stores.handle(access, "dataStore.set", params), coded("gone"));
  await assert.rejects(stores.handle(access, "dataStore.increment", { ...params, by: 1 }), coded("gone"));
  assert.deepEqual(await stores.handle(access, "dataStore.keys", params), { keys: [], next: null });
  for (const path of ["", "/records", "/records/count"]) {
    const reply = await api.call("GET", `/v1/data_stores/${storeId}${path}`, { token: stranger.apiKey });
    assert.equal(reply.status, 404);
  }
});

test("the API makes, lists and removes stores and records", async () => {
  const made = (await api.call("POST", "/v1/data_stores", { body: { name: "by api" } })).body as {
    data: { id: string };
  };
  const path = `/v1/data_stores/${made.data.id}`;
  const list = (await api.call("GET", "/v1/data_stores?limit=1")).body as { data: { id: string; name: string }[] };
  assert.deepEqual(list.data[0]?.name, "by api");
  const key = "a/b c?ü%";
  const record = `${path}/records/${encodeURIComponent(key)}`;
  const put = await api.call("PUT", record, { body: { value: { x: [1] }, ttl_s: 60 } });
  assert.equal(put.status, 200);
  const read = (await api.call("GET", record)).body as { data: { key: string; value: unknown; size_bytes: number } };
  assert.deepEqual([read.data.key, read.data.value, read.data.size_bytes], [key, { x: [1] }, 9]);
  await api.call("PUT", `${path}/records/large`, { body: { value: "x".repeat(100_000) } });
  const records = (await api.call("GET", `${path}/records?limit=1`)).body as {
    page_info: { total_count: number; end_cursor: string };
    data: { key: string }[];
  };
  assert.deepEqual([records.page_info.total_count, records.data[0]?.key], [2, key]);
  const next = await api.call("GET", `${path}/records?limit=1&after=${records.page_info.end_cursor}`);
  assert.partialDeepStrictEqual(next.body, { data: [{ key: "large", value: null, truncated: true }] });
  assert.equal((await api.call("PUT", record, { body: { value: 1, ttl_s: 0 } })).status, 400);
  assert.equal((await api.call("PUT", record, { body: {} })).status, 400);
  assert.equal((await api.call("DELETE", record)).status, 204);
  assert.equal((await api.call("DELETE", record)).status, 404);
  assert.equal((await api.call("DELETE", path)).status, 204);
  assert.equal((await api.call("GET", path)).status, 404);
});

test("a store that a workflow's version uses is not deleted", async () => {
  const store = await freshStore();
  const { org_id, user_id } = api.credentials;
  const at = { created_at_ms: 1, updated_at_ms: 1 };
  const workflow = { org_id, workflow_id: "p_uses", project_id: null, user_id, name: "w", ...at };
  await api.db.kysely
    .insertInto("workflows")
    .values({ ...workflow, deployment_id: "d_1", pending_deployment_id: null })
    .execute();
  await api.db.kysely
    .insertInto("workflow_versions")
    .values({
      ...{ org_id, workflow_id: "p_uses", deployment_id: "d_1", number: 1, created_at_ms: 1 },
      definition: JSON.stringify({ steps: [{ dataStores: { store } }] }),
    })
    .execute();
  const refused = await api.call("DELETE", `/v1/data_stores/${store}`);
  assert.equal(refused.status, 409);
  assert.match(JSON.stringify(refused.body), /p_uses/);
  await api.db.query("update workflows set deployment_id = 'd_2'");
  assert.equal((await api.call("DELETE", `/v1/data_stores/${store}`)).status, 204);
});
