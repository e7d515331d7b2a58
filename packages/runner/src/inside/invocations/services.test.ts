import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, it } from "node:test";
import { TestClient } from "../testing-client.ts";

describe("$.service.db", () => {
  const code = `export default { props: { db: "$.service.db", other: "$.service.db" }, BODY };`;
  const withRun = (body: string) => TestClient.inProcess(code.replace("BODY", `run() { ${body} }`));

  it("answers at once with fresh copies of what was stored or set", async () => {
    const client = await withRun(`const first = this.db.get("list"); first.push(3); this.db.set("new", { a: 1 });
      const fresh = this.other.get("new"); fresh.a = 2;
      return [this.db.get("list"), this.db.get("new"), this.db.get("missing") === undefined, this.db.get("__proto__") === undefined];`);
    assert.deepEqual(await client.returned({}, { db: { list: "[1,2]" } }), [[1, 2], { a: 1 }, true, true]);
  });

  it("writes back only the keys that were set, and unsets those set to undefined", async () => {
    const client =
      await withRun(`this.db.get("kept"); this.db.set("gone", undefined); this.db.set("empty", null); this.db.set(7, [1]);
      this.db.set("last", 1); this.db.set("last", 2); return [this.db.get("gone") === undefined, this.db.get("empty")];`);
    const outcome = await client.run({}, { db: { kept: "1", gone: "1" } });
    assert.equal(outcome.returnValue, "[true,null]");
    assert.deepEqual(outcome.dbWrites, { gone: null, empty: "null", 7: "[1]", last: "2" });
  });

  it("refuses keys that no index takes and more than a run may store", async () => {
    const client = await withRun(`const big = "x".repeat(5_000_000); const refusals = [];
      for (const [key, value] of [["k".repeat(501), 1], ["a", big], ["b", big], ["c", big], ["d", big], ["e", big], ["f", big]])
        try { this.db.set(key, value); } catch (error) { refusals.push([key.length, error.name]); }
      return refusals;`);
    const { returnValue, dbWrites } = await client.run();
    assert.deepEqual(JSON.parse(returnValue ?? ""), [
      [501, "RangeError"],
      [1, "RangeError"],
    ]);
    assert.deepEqual(Object.keys(dbWrites), ["a", "b", "c", "d", "e"]);
  });

  it("keeps what was set before a throw, survives destructuring, and drops what JSON cannot say", async () => {
    const client = await withRun(
      `const { set } = this.db; const ring = { big: 1n, f() {} }; ring.self = ring; set("ring", ring); throw new Error("x");`,
    );
    const outcome = await client.run();
    assert.equal(outcome.error?.message, "x");
    assert.deepEqual(outcome.dbWrites, { ring: '{"big":"1"}' });
  });

  it("keeps a run that goes on while a hook is pending apart from it", async () => {
    const client =
      await TestClient.inProcess(`let release; const called = new Promise((resolve) => (release = resolve));
      export default { props: { db: "$.service.db" },
        hooks: { async activate() { await called; this.db.set("hook", 1); } },
        run() { this.db.set("run", 1); release(); } };`);
    const hook = client.start({ kind: "hook", hook: "activate" });
    const run = await client.run();
    assert.deepEqual(run.dbWrites, { run: "1" });
    assert.deepEqual((await hook.outcome).dbWrites, { hook: "1" });
  });
});

describe("$.interface.http", () => {
  const props = `props: { http: { type: "$.interface.http", customResponse: true } }`;
  const endpoints = { http: "http://localhost/in/x" };

  it("gives the endpoint, and respond survives destructuring; only the first answer counts", async () => {
    const client =
      await TestClient.inProcess(`export default { ${props}, run() { const { http: { respond }, http } = this;
      respond({ status: "202", headers: { "X-A": 1, none: null, many: ["a", 2] }, body: { ok: true } }); respond({ status: 500 }); return http.endpoint; } };`);
    const outcome = await client.run({}, { endpoints, awaitsResponse: true });
    assert.equal(outcome.returnValue, '"http://localhost/in/x"');
    const headers = { "X-A": "1", many: ["a", "2"], "content-type": "application/json; charset=utf-8" };
    assert.deepEqual(outcome.responses, [{ status: 202, headers, body: '{"ok":true}', isBase64: false }]);
  });

  it("reads statusCode, text, bytes and nothing at all, and an answer before a throw is sent", async () => {
    const client = await TestClient.inProcess(
      `export default { ${props}, run({ response, bytes }) { this.http.respond(bytes ? { body: Buffer.from(bytes) } : response); throw new Error("after"); } };`,
    );
    const answer = async (event: unknown) =>
      (await client.run(event, { endpoints, awaitsResponse: true })).responses[0];
    assert.deepEqual(await answer({ response: { statusCode: 201, body: "hi" } }), {
      status: 201,
      headers: {},
      body: "hi",
      isBase64: false,
    });
    assert.deepEqual(await answer({ bytes: "hi" }), { status: 200, headers: {}, body: "aGk=", isBase64: true });
    assert.equal((await answer({}))?.status, 200);
    assert.equal((await answer({ response: { status: "teapot" } }))?.status, 200);
  });

  it("does nothing when nobody waits for an answer", async () => {
    const client = await TestClient.inProcess(
      `export default { ${props}, hooks: { activate() { this.http.respond({ status: 200 }); } }, run() { this.http.respond({ status: 200 }); } };`,
    );
    assert.deepEqual((await client.run({}, { endpoints })).responses, []);
    const hook = await client.invoke({ kind: "hook", hook: "activate", endpoints });
    assert.deepEqual([hook.error, hook.responses], [null, []]);
  });

  it("hides the rawBody alias of an event, so that it is not emitted", async () => {
    const client = await TestClient.inProcess(
      `export default { ${props}, run(event) { this.$emit(event); return event.rawBody; } };`,
    );
    const outcome = await client.run({ bodyRaw: "raw", body: 1 });
    assert.equal(outcome.returnValue, '"raw"');
    assert.equal(outcome.emits[0]?.event, '{"bodyRaw":"raw","body":1}');
  });
});

describe("http_request", () => {
  it("performs the configured request and answers like axios", async () => {
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const { method, url, headers } = request;
        if (url?.startsWith("/missing")) response.statusCode = 404;
        response.setHeader("x-reply", "yes");
        const body = Buffer.concat(chunks).toString();
        response.end(JSON.stringify({ method, url, auth: headers.authorization, a: headers["x-a"], body }));
      });
    });
    await once(server.listen(0, "127.0.0.1"), "listening");
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const client =
      await TestClient.inProcess(`export default { props: { request: { type: "http_request" } }, async run() {
      const response = await this.request.execute(); return [response.status, response.headers["x-reply"], response.data, JSON.parse(JSON.stringify(response))]; } };`);
    const request = {
      method: "POST",
      url: `${base}/x?a=1`,
      headers: [{ name: "x-a", value: "A" }],
      params: [{ name: "b", value: "2" }],
      body: { mode: "fields", contentType: "application/x-www-form-urlencoded", fields: [{ name: "f", value: "v w" }] },
      auth: { type: "bearer", token: "T" },
    };
    const data = { method: "POST", url: "/x?a=1&b=2", auth: "Bearer T", a: "A", body: "f=v+w" };
    assert.deepEqual(await client.returned({}, { props: { request } }), [200, "yes", data, data]);
    const failed = await client.run({}, { props: { request: { url: `${base}/missing` } } });
    assert.equal(failed.error?.message, "Request failed with status code 404");
    server.close();
    server.closeAllConnections();
  });
});
