import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import type { JsonObject } from "@millrace/runner";
import { startTestServer, TestReceiver, type TestServer } from "../testing/index.ts";
import { eventually, TestSource } from "../testing/test-source.ts";

let server: TestServer;
let web: TestReceiver;

before(async () => {
  server = await startTestServer({ egressAllow: ["127.0.0.0/8"] });
  web = await TestReceiver.start();
});
after(async () => {
  await web.close();
  await server.close();
});

async function deploy(key: string, props: JsonObject): Promise<TestSource> {
  const code = await readFile(new URL(`../../../examples/${key}/${key}.mjs`, import.meta.url), "utf8");
  return TestSource.deploy(server, { code, props });
}

function runNow(source: TestSource) {
  return server.call("POST", `/sources/${source.id}/run`, {});
}

test("The examples are in the registry of a new instance", async () => {
  for (const key of ["feed-new-item", "http-requests", "http-file-changed", "schedule", "task-scheduler"]) {
    const found = await eventually(async () => {
      const reply = await server.call("GET", `/components/registry/${key}`);
      return reply.status === 200 && (reply.body as { data: { key: string } }).data;
    });
    assert.equal(found.key, key);
  }
});

test("feed-new-item emits each item of an RSS feed once, oldest first, and asks only for news", async () => {
  const item = (id: number) =>
    `<item><guid>id-${id}</guid><title><![CDATA[Item <b>${id}</b> & more]]></title><link>https://x.test/${id}?a=1&amp;b=2</link>
     <pubDate>Mon, 05 Jan 2026 10:0${id}:00 GMT</pubDate><category>news</category></item>`;
  let feed = `<?xml version="1.0"?><rss version="2.0"><channel><title>T</title>${item(2)}${item(1)}</channel></rss>`;
  let etag = `"1"`;
  web.respondWith((request) =>
    request.headers["if-none-match"] === etag ? { status: 304 } : { status: 200, headers: { etag }, body: feed },
  );
  const source = await deploy("feed-new-item", { url: `${web.url}/feed`, timer: { intervalSeconds: 3600 } });
  const [first, second] = await source.waitForEvents(2);
  assert.deepEqual(first, {
    id: "id-1",
    title: "Item <b>1</b> & more",
    link: "https://x.test/1?a=1&b=2",
    published_at: "2026-01-05T10:01:00.000Z",
    categories: ["news"],
  });
  assert.equal((second as { id: string }).id, "id-2");
  await runNow(source);
  assert.equal(web.requests.at(-1)?.headers["if-none-match"], `"1"`);
  [feed, etag] = [feed.replace(item(2), item(3) + item(2)), `"2"`];
  await runNow(source);
  const events = await source.waitForEvents(3);
  assert.deepEqual(
    events.map((event) => (event as { id: string }).id),
    ["id-1", "id-2", "id-3"],
  );
});

test("feed-new-item reads Atom", async () => {
  const feed = `<feed xmlns="http://www.w3.org/2005/Atom"><title>T</title><entry><id>urn:1</id><title>One &#38; only</title>
    <link rel="self" href="https://x.test/self"/><link rel="alternate" href="https://x.test/1"/><updated>2026-01-05T10:00:00Z</updated>
    <author><name>Ada</name></author><category term="news"/></entry></feed>`;
  web.respondWith(() => ({ status: 200, body: feed }));
  const source = await deploy("feed-new-item", { url: `${web.url}/atom` });
  const [event] = await source.waitForEvents(1);
  assert.deepEqual(event, {
    id: "urn:1",
    title: "One & only",
    link: "https://x.test/1",
    published_at: "2026-01-05T10:00:00.000Z",
    author: "Ada",
    categories: ["news"],
  });
});

test("http-requests emits each request and answers as configured", async () => {
  const source = await deploy("http-requests", { status: 202, body: "thanks", contentType: "text/plain" });
  const response = await fetch(local(`${source.endpoint}/orders?a=1`), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: `{"order": 7}`,
  });
  assert.deepEqual([response.status, await response.text()], [202, "thanks"]);
  assert.match(response.headers.get("content-type") ?? "", /^text\/plain/);
  const [event] = (await source.waitForEvents(1)) as { method: string; path: string; query: object; body: object }[];
  assert.deepEqual(
    [event?.method, event?.path, event?.query, event?.body],
    ["POST", "/orders", { a: "1" }, { order: 7 }],
  );
});

test("http-file-changed emits when the file changes, whether or not the server knows ETags", async () => {
  for (const withEtag of [true, false]) {
    let body = "one";
    web.respondWith((request) => {
      const headers: Record<string, string> = withEtag ? { etag: `"${body}"` } : {};
      return request.headers["if-none-match"] === `"${body}"` ? { status: 304 } : { status: 200, headers, body };
    });
    const props = { url: `${web.url}/file-${withEtag}`, includeContent: true };
    const source = await deploy("http-file-changed", props);
    await runNow(source);
    assert.deepEqual(await source.events(), []);
    body = "two";
    await runNow(source);
    const [event] = (await source.waitForEvents(1)) as { content: string; size_bytes: number }[];
    assert.deepEqual([event?.content, event?.size_bytes], ["two", 3]);
    await runNow(source);
    assert.equal((await source.events()).length, 1);
  }
});

test("schedule emits at each tick, with the payload", async () => {
  const source = await deploy("schedule", { timer: { intervalSeconds: 1 }, payload: { task: "report" } });
  const [event] = (await source.waitForEvents(1)) as { interval_seconds: number; task: string; timestamp: number }[];
  assert.deepEqual([event?.interval_seconds, event?.task], [1, "report"]);
  assert.ok(Math.abs((event?.timestamp ?? 0) - Date.now() / 1000) < 10);
});

test("task-scheduler emits a task at its time and cancels another", async () => {
  const source = await deploy("task-scheduler", { apiUrl: server.url, apiKey: server.apiKey });
  const ask = async (path: string, body: object) => {
    const response = await fetch(local(source.endpoint) + path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    return { status: response.status, body: (await response.json()) as { id?: string; error?: string } };
  };
  const later = await ask("/schedule", { delay_seconds: 3600, message: { never: true } });
  assert.equal(later.status, 200, JSON.stringify(later.body));
  const soon = await ask("/schedule", { delay_seconds: 1, message: { remind: "standup" } });
  assert.equal(soon.status, 200);
  const cancelled = await eventually(async () => {
    const reply = await ask("/cancel", { id: later.body.id });
    return reply.status === 200 && reply;
  });
  assert.deepEqual(cancelled.body, { id: later.body.id, cancelled: true });
  assert.deepEqual(await source.waitForEvents(1), [{ remind: "standup" }]);
  assert.equal((await ask("/cancel", { id: later.body.id })).status, 404);
  assert.equal((await ask("/schedule", {})).status, 400);
  assert.equal((await ask("/other", {})).status, 404);
});

/** The public URL says localhost; the server listens on IPv4 alone. */
function local(url: string): string {
  return url.replace("//localhost:", "//127.0.0.1:");
}
