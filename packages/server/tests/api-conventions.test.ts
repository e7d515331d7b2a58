import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { after, before, test } from "node:test";
import { anyObject, dataOf, operation } from "@millrace/contract";
import { Type } from "typebox";
import { route, streamRoute, type Route } from "../src/api/index.ts";
import { ApiError } from "../src/core/index.ts";
import { addUser, startTestApi, type TestApi } from "../testing/index.ts";

const things = {
  echo: operation({
    id: "echo",
    method: "POST",
    path: "/things/:thing_id",
    summary: "",
    tag: "Things",
    access: "token",
    takesOrgId: true,
    params: Type.Object({ thing_id: Type.String() }),
    body: Type.Object({ count: Type.Optional(Type.Integer()), text: Type.Optional(Type.String()) }),
    status: 200,
    reply: dataOf(anyObject),
  }),
  fail: operation({
    id: "fail",
    method: "GET",
    path: "/things/:thing_id/failures/:kind",
    summary: "",
    tag: "Things",
    access: "token",
    params: Type.Object({ thing_id: Type.String(), kind: Type.String() }),
    status: 200,
    reply: dataOf(anyObject),
  }),
  stream: operation({
    id: "stream",
    method: "GET",
    path: "/things/:thing_id/sse",
    summary: "",
    tag: "Things",
    access: "token",
    params: Type.Object({ thing_id: Type.String() }),
    status: 200,
    reply: anyObject,
    streams: "sse",
  }),
};

const failures: Record<string, () => Error> = {
  bug: () => new TypeError("a secret of ours"),
  code: () =>
    new ApiError("component_invalid", "It throws", { userStack: "Error: it throws\n    at component.mjs:1:7" }),
  busy: () => new ApiError("rate_limited", "Too many", { retryAfterSeconds: 2.5 }),
};

const routes: Route[] = [
  route(things.echo, async (request) => {
    const { include: _include, exclude: _exclude, ...input } = request.input;
    return { data: { ...input, org: request.orgId() } };
  }),
  route(things.fail, async (request) => {
    throw failures[request.input.kind]?.() ?? new Error("unknown kind");
  }),
  streamRoute(things.stream, async (request, { response }) => {
    if (request.input.thing_id === "none") throw new ApiError("not_found", "Thing none not found");
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write("data: one\n\n");
    if (request.input.thing_id === "endless") await once(request.signal, "abort");
  }),
];

let api: TestApi;
before(async () => {
  api = await startTestApi({ routes });
});
after(() => api[Symbol.asyncDispose]());

function field(body: unknown, name: string): unknown {
  return typeof body === "object" && body !== null ? Reflect.get(body, name) : undefined;
}

void test("a trailing slash and duplicate slashes are the same route", async () => {
  for (const path of ["/v1/users/me", "/v1/users/me/", "//v1//users///me//", "/v1/users/me/?include=id"]) {
    assert.equal((await api.call("GET", path)).status, 200, path);
  }
});

void test("workspaces and orgs are the same routes", async () => {
  const { org_id } = api.credentials;
  const replies = await Promise.all(["workspaces", "orgs"].map((name) => api.call("GET", `/v1/${name}/${org_id}`)));
  assert.deepEqual(replies[0]?.body, replies[1]?.body);
  assert.equal((await api.call("GET", `/v1/orgs/${org_id}/projects`)).status, 200);
});

void test("POST reads body and query, and the body wins", async () => {
  const reply = await api.call("POST", "/v1/things/a?count=1&text=query", { body: { text: "body" } });
  assert.deepEqual(field(reply.body, "data"), {
    thing_id: "a",
    count: 1,
    text: "body",
    org: api.credentials.org_id,
  });
  const empty = await api.call("POST", "/v1/things/a?count=1", { headers: { "content-type": "application/json" } });
  assert.equal(empty.status, 200);
});

void test("include and exclude work in the query and in the body", async () => {
  const fromQuery = await api.call("POST", "/v1/things/a?include=count,text&exclude=text", { body: { count: 1 } });
  const fromBody = await api.call("POST", "/v1/things/a", { body: { count: 1, include: "count" } });
  assert.deepEqual([fromQuery.body, fromBody.body], [{ data: { count: 1 } }, { data: { count: 1 } }]);
});

void test("only JSON is taken", async () => {
  const call = (body: string, type: string) =>
    api.call("POST", "/v1/things/a", { body, headers: { "content-type": type } });
  const refused = await call("count=1", "application/x-www-form-urlencoded");
  assert.deepEqual([refused.status, field(refused.body, "code")], [415, "unsupported_media_type"]);
  for (const body of ["{", '{"count":1', "undefined"]) {
    const reply = await call(body, "application/json");
    assert.deepEqual([reply.status, field(reply.body, "code")], [400, "invalid_json"], body);
  }
  for (const body of ["[]", "1", '"text"', "null"]) {
    const reply = await call(body, "application/json; charset=utf-8");
    assert.deepEqual([reply.status, field(reply.body, "code")], [400, "invalid_input"], body);
  }
});

void test("a body that is too large is 413", async () => {
  const reply = await api.call("POST", "/v1/things/a", { body: { text: "x".repeat(1_000_001) } });
  assert.deepEqual([reply.status, field(reply.body, "code")], [413, "too_large"]);
});

void test("all problems are listed by path, with a request id that the header repeats", async () => {
  const reply = await api.call("POST", "/v1/things/a?count=x", { body: { text: 1 } });
  assert.equal(reply.status, 400);
  assert.deepEqual(field(reply.body, "details"), [
    { path: "count", message: "must be integer" },
    { path: "text", message: "must be string" },
  ]);
  assert.equal(field(reply.body, "request_id"), reply.headers.get("x-request-id"));
});

void test("a known path with another method is 405 and names the methods", async () => {
  const reply = await api.call("PUT", "/v1/things/a");
  assert.deepEqual([reply.status, reply.headers.get("allow")], [405, "POST"]);
  const meta = await api.call("DELETE", "/healthz");
  assert.deepEqual([meta.status, meta.headers.get("allow")], [405, "GET, HEAD"]);
});

void test("an unknown path is a 404 in JSON", async () => {
  for (const path of ["/v1/nothing", "/nothing", "/v1", "/v1/users/me/nothing"]) {
    const reply = await api.call("GET", path);
    assert.deepEqual([reply.status, field(reply.body, "code")], [404, "not_found"], path);
  }
});

void test("a fault of ours shows neither its message nor its stack", async () => {
  const reply = await api.call("GET", "/v1/things/a/failures/bug");
  const { request_id: _id, ...rest } = reply.body as Record<string, unknown>;
  assert.deepEqual([reply.status, rest], [500, { error: "Something went wrong on our side", code: "internal" }]);
  assert.match(api.log(), /a secret of ours/);
});

void test("a fault of the user's code shows that code's stack", async () => {
  const reply = await api.call("GET", "/v1/things/a/failures/code");
  assert.deepEqual([reply.status, field(reply.body, "code")], [422, "component_invalid"]);
  assert.match(String(field(reply.body, "stack")), /component\.mjs:1:7/);
});

void test("Retry-After is in whole seconds", async () => {
  const reply = await api.call("GET", "/v1/things/a/failures/busy");
  assert.deepEqual([reply.status, reply.headers.get("retry-after")], [429, "3"]);
});

void test("every reply forbids sniffing, framing and caching", async () => {
  for (const path of ["/v1/users/me", "/v1/nothing", "/healthz"]) {
    const { headers } = await api.call("GET", path);
    const names = ["x-content-type-options", "x-frame-options", "cache-control", "referrer-policy"];
    const values = names.map((name) => headers.get(name));
    assert.deepEqual(values, ["nosniff", "DENY", "no-store", "no-referrer"], path);
  }
});

void test("a token counts in the Authorization header only", async () => {
  const { api_key } = api.credentials;
  const { org_id } = api.credentials;
  const refused = [
    await api.call("GET", `/v1/users/me?token=${api_key}&api_key=${api_key}&access_token=${api_key}`, { token: null }),
    await api.call("GET", "/v1/users/me", { token: null, headers: { "x-api-key": api_key } }),
    await api.call("GET", "/v1/users/me", { token: null, headers: { authorization: `Basic ${api_key}` } }),
    await api.call("GET", "/v1/users/me", { token: "mr_wrong" }),
    await api.call("POST", "/v1/projects", { token: null, body: { name: "p", org_id, token: api_key } }),
  ];
  for (const reply of refused) {
    assert.deepEqual([reply.status, field(reply.body, "code")], [401, "unauthorized"]);
    assert.equal(reply.headers.get("www-authenticate"), "Bearer");
  }
  const lower = await api.call("GET", "/v1/users/me", { token: null, headers: { authorization: `bearer ${api_key}` } });
  assert.equal(lower.status, 200);
});

void test("org_id names the workspace to create in", async () => {
  const other = await addUser(api.db);
  const memberOf = { orgId: api.credentials.org_id, role: "member" } as const;
  const both = await addUser(api.db, { memberOf });
  const orgOf = async (token: string, path: string) => {
    const reply = await api.call("POST", path, { token });
    return reply.status === 200 ? field(field(reply.body, "data"), "org") : reply.status;
  };
  assert.equal(await orgOf(other.apiKey, "/v1/things/a"), other.orgId);
  assert.equal(await orgOf(other.apiKey, `/v1/things/a?org_id=${other.orgId}`), other.orgId);
  assert.equal(await orgOf(other.apiKey, `/v1/things/a?org_id=${api.credentials.org_id}`), 404);
  assert.equal(await orgOf(other.apiKey, "/v1/things/a?org_id=o_unknown"), 404);
  assert.equal(await orgOf(both.apiKey, "/v1/things/a"), 400);
  assert.equal(await orgOf(both.apiKey, `/v1/things/a?org_id=${memberOf.orgId}`), memberOf.orgId);
});

void test("a stream writes for itself, and its early errors are JSON", async () => {
  const headers = { authorization: `Bearer ${api.credentials.api_key}` };
  const streamed = await fetch(`${api.url}/v1/things/a/sse`, { headers });
  assert.equal(streamed.headers.get("content-type"), "text/event-stream");
  assert.equal(streamed.headers.get("x-content-type-options"), "nosniff");
  assert.equal(await streamed.text(), "data: one\n\n");
  const missing = await api.call("GET", "/v1/things/none/sse");
  assert.deepEqual([missing.status, field(missing.body, "code")], [404, "not_found"]);
  const aborter = new AbortController();
  const endless = await fetch(`${api.url}/v1/things/endless/sse`, { headers, signal: aborter.signal });
  assert.ok(endless.body);
  for await (const chunk of endless.body) {
    assert.equal(Buffer.from(chunk).toString(), "data: one\n\n");
    break;
  }
  aborter.abort();
});

void test("a request that is no HTTP gets an answer and nothing breaks", async () => {
  const socket = connect(Number(new URL(api.url).port), "127.0.0.1");
  socket.end("NONSENSE\r\n\r\n");
  const [first] = (await once(socket, "data")) as [Buffer];
  assert.match(first.toString(), /^HTTP\/1\.1 400 /);
  assert.equal((await api.call("GET", "/healthz")).status, 200);
  const malformed = await api.call("GET", "/v1/things/%zz/failures/bug");
  assert.deepEqual([malformed.status, field(malformed.body, "code")], [400, "invalid_input"]);
});

void test("hostile ids and bodies are the caller's mistake, never ours", async () => {
  const status = async (path: string) => (await api.call("POST", `/v1/things/${path}`, { body: {} })).status;
  assert.equal(await status("x%00"), 400);
  assert.equal(await status("x".repeat(5_000)), 404);
  assert.equal((await api.call("GET", "/v1/users/me/workspaces?after=AAAA")).status, 400);
  assert.equal((await api.call("GET", "/v1/apps/%00")).status, 400);
  const deep = `{"any": ${"[".repeat(50_000)}${"]".repeat(50_000)}}`;
  const reply = await api.call("POST", "/v1/things/x", { body: deep, headers: { "idempotency-key": "deep" } });
  assert.deepEqual([reply.status, (reply.body as { details: { path: string }[] }).details[0]?.path], [400, "body"]);
});
