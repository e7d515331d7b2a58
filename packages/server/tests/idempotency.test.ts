import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { dataOf, operation } from "@millrace/contract";
import { Type } from "typebox";
import { route } from "../src/api/index.ts";
import { ApiError } from "../src/core/index.ts";
import { addUser, startTestApi, type TestApi } from "../testing/index.ts";

const work = operation({
  id: "work",
  method: "POST",
  path: "/things/:name",
  summary: "",
  tag: "",
  access: "token",
  params: Type.Object({ name: Type.String() }),
  body: Type.Object({ a: Type.Optional(Type.Integer()), b: Type.Optional(Type.Integer()) }),
  status: 201,
  reply: dataOf(Type.Object({ count: Type.Integer() })),
});

let count = 0;
const gates = new Map<string, { entered: PromiseWithResolvers<void>; leave: PromiseWithResolvers<void> }>();

let api: TestApi;
before(async () => {
  const handler = route(work, async (request) => {
    count += 1;
    const { name } = request.input;
    if (name === "failing" && count % 2 === 1) throw new ApiError("conflict", "not now");
    const gate = gates.get(name);
    gate?.entered.resolve();
    await gate?.leave.promise;
    return { data: { count } };
  });
  api = await startTestApi({ routes: [handler] });
});
after(() => api[Symbol.asyncDispose]());

function post(name: string, key: string, body: object = {}) {
  return api.call("POST", `/v1/things/${name}`, { body, headers: { "idempotency-key": key } });
}

function gate(name: string) {
  const made = { entered: Promise.withResolvers<void>(), leave: Promise.withResolvers<void>() };
  gates.set(name, made);
  return made;
}

void test("the same key and request get the first answer, and the work is done once", async () => {
  const first = await post("once", "k1", { a: 1, b: 2 });
  const again = await post("once", "k1", { b: 2, a: 1 });
  assert.deepEqual([first.status, again.status], [201, 201]);
  assert.deepEqual(again.body, first.body);
  assert.deepEqual(
    [first, again].map((reply) => reply.headers.get("idempotency-replayed")),
    [null, "true"],
  );
});

void test("the same key with another request is 409", async () => {
  await post("other", "k2", { a: 1 });
  for (const reply of [await post("other", "k2", { a: 2 }), await post("else", "k2", { a: 1 })]) {
    assert.deepEqual([reply.status, (reply.body as { code: string }).code], [409, "idempotency_conflict"]);
  }
});

void test("callers do not share keys", async () => {
  const other = await addUser(api.db);
  const mine = await post("shared", "k3");
  const theirs = await api.call("POST", "/v1/things/shared", {
    token: other.apiKey,
    body: {},
    headers: { "idempotency-key": "k3" },
  });
  assert.notDeepEqual(theirs.body, mine.body);
});

void test("while the first is in progress, others get 409 with Retry-After", async () => {
  const { entered, leave } = gate("slow");
  const first = post("slow", "k4");
  await entered.promise;
  const second = await post("slow", "k4");
  leave.resolve();
  assert.deepEqual([second.status, second.headers.get("retry-after")], [409, "1"]);
  assert.equal((await first).status, 201);
  assert.deepEqual((await post("slow", "k4")).body, (await first).body);
});

void test("a request that failed may be sent again with its key", async () => {
  const before = count % 2 === 0 ? count : (count += 1);
  assert.equal((await post("failing", "k5")).status, 409);
  assert.equal((await post("failing", "k5")).status, 201);
  assert.equal(count, before + 2);
  assert.equal((await post("x", "k5b", { a: "no" })).status, 400);
  assert.equal((await post("x", "k5b", { a: 1 })).status, 201);
});

void test("when the node that works on it dies, the key is free once its lease is over", async () => {
  const hold = gate("dies");
  const lost = post("dies", "k6");
  await hold.entered.promise;
  // What is left of a node that died: a row without an answer, whose lease nobody renews.
  await api.db.query("update idempotency_keys set lease_until_ms = 0, lease_id = 'dead' where idempotency_key = 'k6'");
  gates.delete("dies");
  const before = count;
  assert.equal((await post("dies", "k6", { a: 1 })).status, 409);
  const retried = await post("dies", "k6");
  assert.deepEqual([retried.status, count], [201, before + 1]);
  hold.leave.resolve();
  await lost;
  assert.deepEqual((await post("dies", "k6")).body, retried.body);
});

void test("after a day the key is new again", async () => {
  await post("day", "k7");
  await api.db.query("update idempotency_keys set created_at_ms = 0 where idempotency_key = 'k7'");
  assert.equal((await post("day", "k7", { a: 5 })).headers.get("idempotency-replayed"), null);
  await api.db.query("update idempotency_keys set created_at_ms = 0 where idempotency_key = 'k7'");
  await api.services.idempotency.tick();
  const { rowCount } = await api.db.query("select 1 from idempotency_keys where idempotency_key = 'k7'");
  assert.equal(rowCount, 0);
});

void test("kept answers are sealed, because some hold secrets", async () => {
  const path = `/v1/workspaces/${api.credentials.org_id}/api_keys`;
  const options = { body: { name: "sealed" }, headers: { "idempotency-key": "k8" } };
  const made = (await api.call("POST", path, options)).body as { data: { key: string } };
  const { rows } = await api.db.query("select * from idempotency_keys");
  assert.ok(!JSON.stringify(rows).includes(made.data.key));
  assert.deepEqual((await api.call("POST", path, options)).body, made);
});

void test("a key without characters or with too many is 400", async () => {
  assert.equal((await post("bad", "x".repeat(256))).status, 400);
});
