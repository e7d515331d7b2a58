import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startTestServer, type TestServer } from "../testing/test-server.ts";
import { TestSource } from "../testing/test-source.ts";

let server: TestServer;
before(async () => (server = await startTestServer({ sourceTimeoutMs: 1_500 })));
after(() => server.close());

async function answering(run: string, isCustom = true): Promise<TestSource> {
  const http = isCustom ? `{ type: "$.interface.http", customResponse: true }` : `"$.interface.http"`;
  return TestSource.deploy(server, { code: `{ props: { http: ${http} }, async run(event) { ${run} } }` });
}

test("a component answers for itself: status, headers and an object as JSON", async () => {
  const source = await answering(
    `this.http.respond({ status: 201, headers: { "x-made": "yes", "set-cookie": ["a=1", "b=2"] }, body: { path: event.path } });`,
  );
  const reply = await fetch(`${source.endpoint}/p`, { method: "POST" });
  assert.equal(reply.status, 201);
  assert.equal(reply.headers.get("x-made"), "yes");
  assert.deepEqual(reply.headers.getSetCookie(), ["a=1", "b=2"]);
  assert.match(reply.headers.get("content-type") ?? "", /^application\/json/);
  assert.deepEqual(await reply.json(), { path: "/p" });
});

const variants: [name: string, call: string, status: number, body: string][] = [
  ["a status as a string", `this.http.respond({ status: "202", body: "ok" })`, 202, "ok"],
  ["statusCode instead of status", `this.http.respond({ statusCode: 203, body: "ok" })`, 203, "ok"],
  ["no status", `this.http.respond({ body: "ok" })`, 200, "ok"],
  ["no body", `this.http.respond({ status: 204 })`, 204, ""],
  ["a Buffer", `this.http.respond({ status: 200, body: Buffer.from([104, 105]) })`, 200, "hi"],
  ["destructured respond", `const { respond } = this.http; respond({ status: 200, body: "d" })`, 200, "d"],
  ["two calls: the first counts", `this.http.respond({ body: "1" }); this.http.respond({ body: "2" })`, 200, "1"],
  ["respond and then throw", `this.http.respond({ status: 500, body: "bad" }); throw new Error("after")`, 500, "bad"],
  [
    "respond and then go on",
    `this.http.respond({ body: "now" }); await new Promise((r) => setTimeout(r, 300))`,
    200,
    "now",
  ],
];
for (const [name, call, status, body] of variants) {
  test(`respond with ${name}`, async () => {
    const source = await answering(`${call};`);
    const reply = await fetch(source.endpoint, { method: "POST" });
    assert.deepEqual([reply.status, await reply.text()], [status, body]);
  });
}

test("the answer does not wait for the run's end", async () => {
  const source = await answering(`this.http.respond({ body: "early" }); await new Promise((r) => setTimeout(r, 800));`);
  const startedMs = performance.now();
  await (await fetch(source.endpoint)).text();
  assert.ok(performance.now() - startedMs < 700);
  const run = await source.waitForRun((one) => one.cause === "http");
  assert.equal(run.status, "success");
});

test("a run that ends without responding gives the default answer", async () => {
  const source = await answering(`this.$emit("quiet");`);
  const reply = await fetch(source.endpoint, { method: "POST" });
  assert.equal(reply.status, 200);
  assert.ok("event_id" in ((await reply.json()) as object));
  assert.deepEqual(await source.waitForEvents(1), ["quiet"]);
});

test("a run that never responds and never ends is 504 at its timeout", async () => {
  const source = await answering(`await new Promise(() => {});`);
  const reply = await fetch(source.endpoint, { method: "POST" });
  assert.equal(reply.status, 504);
});

test("a run whose process ends before it responds is 500", async () => {
  const source = await answering(`this.$emit("effect"); process.exit(3);`);
  const reply = await fetch(source.endpoint, { method: "POST" });
  assert.equal(reply.status, 500);
});

test("without customResponse respond does nothing, and the caller has its answer at once", async () => {
  const source = await answering(
    `await new Promise((r) => setTimeout(r, 400)); this.http.respond({ status: 500, body: "no" }); this.$emit("ran");`,
    false,
  );
  const startedMs = performance.now();
  assert.equal((await fetch(source.endpoint, { method: "POST" })).status, 200);
  assert.ok(performance.now() - startedMs < 350);
  assert.deepEqual(await source.waitForEvents(1), ["ran"]);
});

test("a caller that hangs up does not stop the run", async () => {
  const source = await answering(`await new Promise((r) => setTimeout(r, 300)); this.$emit("finished");`);
  const hangUp = new AbortController();
  const call = fetch(source.endpoint, { method: "POST", signal: hangUp.signal });
  setTimeout(() => hangUp.abort(), 100);
  await assert.rejects(call);
  assert.deepEqual(await source.waitForEvents(1), ["finished"]);
});

test("pages of a component that share the server's origin are sandboxed", async () => {
  const source = await answering(`this.http.respond({ headers: { "content-type": "text/html" }, body: "<p>hi" });`);
  const reply = await fetch(source.endpoint);
  assert.match(reply.headers.get("content-security-policy") ?? "", /^sandbox/);
});
