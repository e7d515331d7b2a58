import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { MillraceClient } from "@millrace/client";
import { ComponentSearch, LocalEmbedder } from "../src/search/index.ts";
import { startTestServer, type TestServer } from "../testing/index.ts";

const COMPONENTS = [
  { key: "chat-send-message", name: "Send Message", type: "action", app: "chat", about: "Posts a text to a channel." },
  {
    key: "chat-new-message",
    name: "New Message",
    type: "source",
    app: "chat",
    about: "Emits each message of a channel.",
  },
  {
    key: "shop-create-order",
    name: "Create Order",
    type: "action",
    app: "shop",
    about: "Creates an order for a customer.",
  },
  {
    key: "shop-new-customer",
    name: "New Customer",
    type: "source",
    app: "shop",
    about: "Emits when a customer signs up.",
  },
  { key: "disk-delete-file", name: "Delete File", type: "action", app: "disk", about: "Removes a file for good." },
];

function codeOf({ key, name, type, app, about }: (typeof COMPONENTS)[number]): string {
  const fields = { key, name, version: "0.0.1", type, description: `${about} [See the documentation](https://x.test)` };
  const props = `{ app: { type: "app", app: "${app}" } }`;
  return `export default { ...${JSON.stringify(fields)}, props: ${props}, async run() {} };`;
}

async function save(server: TestServer): Promise<MillraceClient> {
  const client = new MillraceClient({ url: server.url, token: server.apiKey });
  for (const component of COMPONENTS) await client.call("createComponent", { component_code: codeOf(component) });
  return client;
}

describe("a search", () => {
  let server: TestServer;
  let client: MillraceClient;
  before(async () => {
    server = await startTestServer();
    client = await save(server);
  });
  after(() => server.close());

  test("answers keys by kind, best first, and nothing else", async () => {
    const found = await client.call("searchComponents", { query: "Send a message when a customer signs up" });
    assert.deepEqual(Object.keys(found), ["sources", "actions"]);
    assert.equal(found.sources[0], "shop-new-customer");
    assert.equal(found.actions[0], "chat-send-message");
  });

  test("finds what was said in other words", async () => {
    const { actions } = await client.call("searchComponents", { query: "erase a document", limit: 1 });
    assert.deepEqual(actions, ["disk-delete-file"]);
  });

  test("narrows to an app, and to so many of each kind", async () => {
    const { sources, actions } = await client.call("searchComponents", { query: "message", app: "shop" });
    assert.deepEqual(
      [...sources, ...actions].filter((key) => !key.startsWith("shop-")),
      [],
    );
    assert.deepEqual(await client.call("searchComponents", { query: "message", app: "nothing" }), {
      sources: [],
      actions: [],
    });
    const few = await client.call("searchComponents", { query: "new message of a customer", limit: 1 });
    assert.deepEqual([few.sources.length, few.actions.length], [1, 1]);
  });

  test("with debug tells the similarities, and the threshold is one of them", async () => {
    const query = "send a message to a channel";
    const { debug } = await client.call("searchComponents", { query, debug: true });
    assert.equal(debug?.model, "universal-sentence-encoder-lite");
    const similarities = new Map(debug.scores.map(({ key, similarity }) => [key, similarity ?? 0]));
    const best = similarities.get("chat-send-message") ?? 0;
    assert.ok(best > 0.4 && best <= 1, String(best));
    assert.ok(best > (similarities.get("disk-delete-file") ?? 0));
    const near = await client.call("searchComponents", { query, similarity_threshold: best });
    assert.deepEqual(near.actions, ["chat-send-message"]);
    const none = await client.call("searchComponents", { query, similarity_threshold: 1 });
    assert.deepEqual(none, { sources: [], actions: [] });
  });

  test("sees at once what was just saved, and the newest of a key", async () => {
    const renamed = {
      ...COMPONENTS[4],
      name: "Shred Paper",
      about: "Feeds paper to the shredder.",
    } as (typeof COMPONENTS)[0];
    await client.call("createComponent", { component_code: codeOf(renamed) });
    const { actions, debug } = await client.call("searchComponents", { query: "shredder", limit: 1, debug: true });
    assert.deepEqual(actions, ["disk-delete-file"]);
    assert.notEqual(debug?.scores.find(({ key }) => key === "disk-delete-file")?.similarity, null);
  });

  test("refuses a threshold beyond its range and a missing query", async () => {
    await assert.rejects(client.call("searchComponents", { query: "x", similarity_threshold: 1.5 }), {
      code: "invalid_input",
    });
    assert.equal((await server.call("GET", "/components/search")).status, 400);
  });
});

test("a service in OpenAI's form embeds when the settings name one; without it words are searched alone", async () => {
  const asked: { model: string; input: string[]; authorization: string | undefined }[] = [];
  const service = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { model, input } = JSON.parse(Buffer.concat(chunks).toString()) as { model: string; input: string[] };
      asked.push({ model, input, authorization: request.headers.authorization });
      const data = input.map((text, index) => ({ index, embedding: /delete|tidy up/i.test(text) ? [0, 1] : [1, 0] }));
      response.setHeader("content-type", "application/json").end(JSON.stringify({ data: data.toReversed() }));
    });
  });
  await new Promise<void>((resolve) => service.listen(0, "127.0.0.1", resolve));
  const { port } = service.address() as AddressInfo;
  const settings = { URL: `http://127.0.0.1:${port}/v1/`, MODEL: "tiny", API_KEY: "sk-test" };
  const env = Object.fromEntries(
    Object.entries(settings).map(([name, value]) => [`MILLRACE_EMBEDDINGS_${name}`, value]),
  );
  await using server = await startTestServer({ env });
  const client = await save(server);
  const query = "tidy up";
  const { actions, debug } = await client.call("searchComponents", { query, similarity_threshold: 0.9, debug: true });
  assert.deepEqual(actions, ["disk-delete-file"]);
  assert.match(debug?.model ?? "", /tiny/);
  assert.deepEqual([asked[0]?.model, asked[0]?.authorization], ["tiny", "Bearer sk-test"]);
  service.closeAllConnections();
  await new Promise((resolve) => service.close(resolve));
  assert.deepEqual((await client.call("searchComponents", { query: "order", limit: 1 })).actions, [
    "shop-create-order",
  ]);
  await assert.rejects(client.call("searchComponents", { query: "order", similarity_threshold: 0.1 }), {
    code: "unavailable",
  });
});

test("the model is loaded when it is needed, and let go when it is not", async () => {
  const embedder = new LocalEmbedder({ idleMs: 50 });
  assert.equal(embedder.isLoaded, false);
  const vectors = await embedder.embed(["one", "two", "three"]);
  assert.deepEqual(
    vectors.map(({ length }) => length),
    [512, 512, 512],
  );
  assert.equal(embedder.isLoaded, true);
  while (embedder.isLoaded) await new Promise((resolve) => setTimeout(resolve, 10));
  assert.equal((await embedder.embed(["again"])).length, 1);
  await embedder.stop();
});

describe("the model that comes along", () => {
  let server: TestServer;
  before(async () => {
    server = await startTestServer();
    await save(server);
  });
  after(() => server.close());

  async function loaded(embedder: LocalEmbedder): Promise<void> {
    for (let waitedMs = 0; !embedder.isLoaded && waitedMs < 60_000; waitedMs += 20) await delay(20);
    assert.ok(embedder.isLoaded);
  }

  function searchWith(embedder: LocalEmbedder): ComponentSearch {
    const onError = (error: unknown): void => assert.fail(String(error));
    return new ComponentSearch({ db: server.db, embedder, onError, warmAfterMs: 0 });
  }

  test("is loaded ahead when somebody is about to search, and what the registry holds is embedded", async () => {
    const embedder = new LocalEmbedder();
    const search = searchWith(embedder);
    search.start();
    assert.equal(embedder.isLoaded, false);
    await search.warm();
    assert.equal(embedder.isLoaded, true);
    await search.stop();
    await search.warm();
    assert.equal(embedder.isLoaded, false, "nothing is loaded by what has stopped");
  });

  test("is loaded soon after the start where there are many components", async () => {
    await server.db.query(
      `insert into components (org_id, component_id, key, version, name, kind, code, code_hash, bundle, definition,
         created_at_ms, updated_at_ms)
       select org_id, component_id || n, key || n, version, name, kind, code, code_hash || n, bundle, definition,
         created_at_ms, updated_at_ms
       from components, generate_series(1, 50) n where key = 'disk-delete-file'`,
    );
    const embedder = new LocalEmbedder();
    const search = searchWith(embedder);
    search.start({ isAhead: true });
    await loaded(embedder);
    await search.stop();
  });
});
