import assert from "node:assert/strict";
import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { test } from "node:test";
import { HttpFront } from "../src/api/index.ts";
import { Database } from "../src/db/index.ts";
import { startTestApi } from "../testing/index.ts";

const localhost = { host: "127.0.0.1", port: 0 };

function answer(text: string) {
  return (_request: IncomingMessage, response: ServerResponse) => void response.end(text);
}

void test("while starting everything but /healthz is 503 with Retry-After", async () => {
  const front = new HttpFront();
  const url = `http://127.0.0.1:${await front.listen(localhost)}`;
  for (const path of ["/", "/readyz", "/v1/users/me", "/in/key", "/docs"]) {
    const reply = await fetch(url + path, { method: path.startsWith("/in") ? "POST" : "GET" });
    assert.deepEqual([reply.status, reply.headers.get("retry-after")], [503, "1"], path);
    assert.equal(((await reply.json()) as { code: string }).code, "unavailable");
  }
  assert.equal((await fetch(`${url}/healthz`)).status, 200);
  front.open({ api: answer("open") });
  assert.equal(await (await fetch(url)).text(), "open");
  await front.close(100);
});

void test("endpoints come before the API", async () => {
  const front = new HttpFront();
  const url = `http://127.0.0.1:${await front.listen(localhost)}`;
  const ingest = {
    tryHandle(request: IncomingMessage, response: ServerResponse) {
      if (!request.url?.startsWith("/in/")) return false;
      response.end("ingest");
      return true;
    },
  };
  front.open({ api: answer("api"), ingest });
  const texts = await Promise.all(["/in/key", "/v1"].map(async (path) => (await fetch(url + path)).text()));
  assert.deepEqual(texts, ["ingest", "api"]);
  await front.close(100);
});

void test("closing waits for what is in flight and takes nothing new", async () => {
  const front = new HttpFront();
  const url = `http://127.0.0.1:${await front.listen(localhost)}`;
  const entered = Promise.withResolvers<ServerResponse>();
  front.open({ api: (_request, response) => entered.resolve(response) });
  const inFlight = fetch(url);
  const response = await entered.promise;
  const closed = front.close(5_000);
  response.end("done");
  assert.equal(await (await inFlight).text(), "done");
  await closed;
  await assert.rejects(fetch(url));
});

void test("a port that is taken is an error with its code", async () => {
  const first = new HttpFront();
  const port = await first.listen(localhost);
  await assert.rejects(new HttpFront().listen({ ...localhost, port }), { code: "EADDRINUSE" });
  await first.close(100);
});

void test("what a request that hangs holds back is dropped after the grace", async () => {
  const front = new HttpFront();
  const url = `http://127.0.0.1:${await front.listen(localhost)}`;
  const entered = Promise.withResolvers<void>();
  front.open({ api: () => entered.resolve() });
  const hanging = fetch(url);
  await entered.promise;
  const [outcome] = await Promise.allSettled([hanging, front.close(20)]);
  assert.equal(outcome.status, "rejected");
});

void test("when the database is away the API answers 503 with Retry-After, and never 401", async () => {
  await using api = await startTestApi();
  const lost = await Database.connect({ url: api.db.url });
  await using node = await startTestApi({ besides: { ...api, db: lost } });
  await lost.close();
  const reply = await node.call("GET", "/v1/users/me");
  assert.equal(reply.status, 503);
  assert.match(reply.headers.get("retry-after") ?? "", /^\d+$/);
  assert.equal((reply.body as { code: string }).code, "unavailable");
  assert.equal((await node.call("GET", "/healthz")).status, 200);
});

void test("/readyz says what is not ready", async () => {
  const report = { ready: false, checks: { database: { ok: false, detail: "away" } } };
  await using api = await startTestApi({ readiness: async () => report });
  const reply = await api.call("GET", "/readyz");
  assert.deepEqual([reply.status, reply.body, reply.headers.get("retry-after")], [503, report, "1"]);
  await using broken = await startTestApi({ besides: api, readiness: () => Promise.reject(new Error("secret")) });
  const failed = await broken.call("GET", "/readyz");
  assert.equal(failed.status, 503);
  assert.ok(!JSON.stringify(failed.body).includes("secret"));
});

void test("a server that is closing ends its idle connections", async () => {
  const front = new HttpFront();
  const url = `http://127.0.0.1:${await front.listen(localhost)}`;
  front.open({ api: answer("ok") });
  await (await fetch(url)).text();
  const [connection] = await Promise.all([once(front.server, "close"), front.close(5_000)]);
  assert.deepEqual(connection, []);
});
