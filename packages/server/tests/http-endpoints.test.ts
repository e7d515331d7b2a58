import assert from "node:assert/strict";
import { request } from "node:http";
import { text } from "node:stream/consumers";
import { after, before, test } from "node:test";
import { startTestServer, type TestServer } from "../testing/test-server.ts";
import { eventually, TestSource } from "../testing/test-source.ts";

const BODY_LIMIT_BYTES = 200_000;
let server: TestServer;
let source: TestSource;
before(async () => {
  server = await startTestServer({ env: { MILLRACE_HTTP_BODY_LIMIT: "200000", MILLRACE_ENDPOINT_RATE_LIMIT: "50" } });
  source = await TestSource.deploy(server, { code: `{ props: { http: "$.interface.http" } }` });
});
after(() => server.close());

interface HttpEvent {
  method: string;
  path: string;
  query: Record<string, string>;
  headers: Record<string, string>;
  url: string;
  client_ip: string;
  body?: unknown;
  bodyRaw?: unknown;
}

/** Sends a request and answers the event that it became. */
async function eventOf(path: string, init?: RequestInit): Promise<HttpEvent> {
  const already = (await source.events()).length;
  const reply = await fetch(source.endpoint + path, init);
  assert.equal(reply.status, 200);
  return (await source.waitForEvents(already + 1)).at(-1) as HttpEvent;
}

/** A request whose Host header is free to choose. */
function requestWithHost(host: string, path: string): Promise<{ status: number; body: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; body: string }>();
  const { port } = new URL(server.url);
  const outgoing = request({ port, host: "127.0.0.1", path, method: "POST", headers: { host } }, (response) => {
    text(response).then((body) => resolve({ status: response.statusCode ?? 0, body }), reject);
  });
  outgoing.on("error", reject).end("x");
  return promise;
}

test("the event of a request has the keys of the reference and no timer's keys", async () => {
  const event = await eventOf("/a/b%20c?x=1&y=&x=2", { headers: { "X-Custom-Header": "V" } });
  assert.deepEqual(Object.keys(event).toSorted(), ["client_ip", "headers", "method", "path", "query", "url"]);
  assert.deepEqual([event.method, event.path, event.query], ["GET", "/a/b%20c", { x: "2", y: "" }]);
  assert.equal(event.headers["x-custom-header"], "V");
  assert.equal(event.url, `${source.endpoint}/a/b%20c`);
  assert.match(event.client_ip, /^(127\.0\.0\.1|::1)$/);
});

test("JSON is parsed and bodyRaw kept to the byte", async () => {
  const bodyRaw = '{ "n": 1.0,\n"s": "ü" }';
  const event = await eventOf("", { method: "POST", body: bodyRaw, headers: { "content-type": "application/json" } });
  assert.deepEqual([event.body, event.bodyRaw, event.path], [{ n: 1, s: "ü" }, bodyRaw, "/"]);
});

test("forms, texts and bodies without a type arrive as they should", async () => {
  const form = await eventOf("", { method: "PUT", body: new URLSearchParams({ a: "1", b: "x y" }) });
  assert.deepEqual([form.body, form.bodyRaw], [{ a: "1", b: "x y" }, "a=1&b=x+y"]);
  const plain = await eventOf("", { method: "PATCH", body: "hello", headers: { "content-type": "text/plain" } });
  assert.deepEqual([plain.body, plain.bodyRaw], ["hello", "hello"]);
  const untyped = await eventOf("", { method: "DELETE", body: Buffer.from("raw") });
  assert.deepEqual([untyped.body, untyped.bodyRaw], ["raw", "raw"]);
});

test("files of a multipart form are stored and given as signed links", async () => {
  const form = new FormData();
  form.set("title", "T");
  form.set("doc", new Blob(["file content"], { type: "text/plain" }), "a ü.txt");
  const event = await eventOf("", { method: "POST", body: form });
  const { title, doc } = event.body as { title: string; doc: { url: string; filename: string; mimetype: string } };
  assert.deepEqual([title, doc.filename, doc.mimetype], ["T", "a ü.txt", "text/plain"]);
  const file = await fetch(doc.url);
  assert.deepEqual([file.status, await file.text()], [200, "file content"]);
  assert.equal(file.headers.get("content-type"), "text/plain");
  assert.match(file.headers.get("content-disposition") ?? "", /^attachment/);
  const forged = new URL(doc.url);
  forged.searchParams.set("exp", String(Number(forged.searchParams.get("exp")) + 1));
  assert.equal((await fetch(forged)).status, 404);
  assert.equal((await fetch(doc.url, { method: "POST" })).status, 405);
});

for (const [way, path, headers] of [
  ["header", "", { "x-pd-upload-body": "1" }],
  ["parameter", "?pipedream_upload_body=1", {}],
] as const) {
  test(`with the upload ${way} a body of any size becomes a link`, async () => {
    const body = Buffer.alloc(3 * BODY_LIMIT_BYTES, "z");
    const event = await eventOf(path, { method: "POST", body, headers });
    assert.deepEqual(Object.keys(event.body as object), ["raw_body_url"]);
    assert.equal(event.bodyRaw, undefined);
    const file = await fetch((event.body as { raw_body_url: string }).raw_body_url);
    assert.ok(Buffer.from(await file.arrayBuffer()).equals(body));
  });
}

test("a body over the limit is 413, announced or not, and nothing is stored", async () => {
  const already = (await source.events()).length;
  const body = Buffer.alloc(BODY_LIMIT_BYTES + 1, "x");
  assert.equal((await fetch(source.endpoint, { method: "POST", body })).status, 413);
  const chunks = new ReadableStream({
    start(controller) {
      controller.enqueue(body);
      controller.close();
    },
  });
  assert.equal((await fetch(source.endpoint, { method: "POST", body: chunks, duplex: "half" })).status, 413);
  const fits = await eventOf("", { method: "POST", body: body.subarray(1) });
  assert.equal((fits.body as string).length, BODY_LIMIT_BYTES);
  assert.equal((await source.events()).length, already + 1);
});

test("OPTIONS is answered for browsers and not told to the component", async () => {
  const already = (await source.events()).length;
  const reply = await fetch(source.endpoint, {
    method: "OPTIONS",
    headers: { "access-control-request-headers": "x-a, content-type" },
  });
  assert.equal(reply.status, 204);
  assert.equal(reply.headers.get("access-control-allow-origin"), "*");
  assert.equal(reply.headers.get("access-control-allow-methods"), "GET,HEAD,PUT,PATCH,POST,DELETE");
  assert.equal(reply.headers.get("access-control-allow-headers"), "x-a, content-type");
  assert.equal((await eventOf("/after")).path, "/after");
  assert.equal((await source.events()).length, already + 1);
});

test("HEAD is an event and has no body in its answer", async () => {
  const event = await eventOf("/head", { method: "HEAD" });
  assert.equal(event.method, "HEAD");
});

test("an endpoint is reached by any host whose first label is its key", async () => {
  const key = new URL(source.endpoint).pathname.split("/").at(-1) ?? "";
  const already = (await source.events()).length;
  const reply = await requestWithHost(`${key.toUpperCase()}.in.example.com`, "/v1/users/me?a=b");
  assert.equal(reply.status, 200);
  const event = (await source.waitForEvents(already + 1)).at(-1) as HttpEvent;
  assert.deepEqual([event.path, event.query], ["/v1/users/me", { a: "b" }]);
  assert.equal(event.url.toLowerCase(), `http://${key}.in.example.com/v1/users/me`);
});

test("unknown endpoints are 404 by path and by host", async () => {
  const unknown = `e${"0".repeat(22)}`;
  assert.equal((await fetch(`${server.url}/in/${unknown}`, { method: "POST" })).status, 404);
  assert.equal((await fetch(`${server.url}/in/`, { method: "POST" })).status, 404);
  assert.equal((await fetch(`${server.url}/in/x/y`)).status, 404);
  assert.equal((await requestWithHost(`${unknown}.example.com`, "/")).status, 404);
});

test("x-pd-notrigger stores the event and runs nothing", async () => {
  const quiet = await TestSource.deploy(server, { code: `{ props: { http: "$.interface.http" } }` });
  const reply = await fetch(quiet.endpoint, { method: "POST", headers: { "x-pd-notrigger": "1" } });
  assert.equal(reply.status, 200);
  await fetch(`${quiet.endpoint}/run`, { method: "POST" });
  const [event] = (await quiet.waitForEvents(1)) as HttpEvent[];
  assert.equal(event?.path, "/run");
  const { rows } = await server.db.query("select 1 from events where emitter_id = $1", [
    `hi_${new URL(quiet.endpoint).pathname.split("/").at(-1)}`,
  ]);
  assert.equal(rows.length, 2);
});

test("x-pd-nostore leaves no trace of the request once it is worked off", async () => {
  const quiet = await TestSource.deploy(server, {
    code: `{ props: { http: "$.interface.http" }, run() { console.log("private"); this.$emit("done"); } }`,
  });
  await fetch(`${quiet.endpoint}?token=t`, { method: "POST", headers: { "x-pd-nostore": "1" } });
  assert.deepEqual(await quiet.waitForEvents(1), ["done"]);
  const run = await quiet.waitForRun((one) => one.cause === "http");
  assert.deepEqual(run.logs, []);
  assert.deepEqual(await quiet.events("$logs"), []);
  await eventually(async () => {
    const { rows } = await server.db.query("select 1 from events where payload like '%token%'");
    return rows.length === 0;
  });
});

test("more requests than the rate allows get 429 with Retry-After, and other endpoints none of it", async () => {
  const busy = await TestSource.deploy(server, { code: `{ props: { http: "$.interface.http" } }` });
  const replies = await Promise.all(Array.from({ length: 80 }, () => fetch(busy.endpoint, { method: "POST" })));
  const refused = replies.filter((reply) => reply.status === 429);
  const accepted = replies.filter((reply) => reply.status === 200);
  assert.equal(refused.length + accepted.length, 80);
  assert.ok(refused.length >= 10 && accepted.length >= 50);
  assert.match(refused[0]?.headers.get("retry-after") ?? "", /^[1-9]\d*$/);
  await eventOf("/other");
  assert.equal((await busy.waitForEvents(accepted.length)).length, accepted.length);
});

test("what the answer says was accepted is in the database before it is said", async () => {
  const reply = await fetch(source.endpoint, { method: "POST" });
  const { event_id: emitId } = (await reply.json()) as { event_id: string };
  const { rows } = await server.db.query("select 1 from events where emit_id = $1", [emitId]);
  assert.equal(rows.length, 1);
});
