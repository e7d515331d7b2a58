import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, get, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { SseWriter } from "../../src/api/routes/events/sse-writer.ts";

test("a message carries its id and data, and writing waits for a slow client", async () => {
  const written = Promise.withResolvers<boolean[]>();
  const server = createServer((_request, response) => {
    const writer = new SseWriter(response);
    const send = async (): Promise<void> => {
      const results = [];
      for (const id of ["1-0", "2-0"]) results.push(await writer.write({ id, data: "x".repeat(3_000_000) }));
      writer.close();
      response.end();
      written.resolve(results);
    };
    void send();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const [response] = (await once(get({ port, host: "127.0.0.1" }), "response")) as [IncomingMessage];
  assert.match(response.headers["content-type"] ?? "", /^text\/event-stream/);
  const chunks: Buffer[] = [];
  for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
  const blocks = Buffer.concat(chunks).toString().split("\n\n");
  assert.deepEqual(
    blocks.map((block) => block.slice(0, 8)),
    [": connec", "id: 1-0\n", "id: 2-0\n", ""],
  );
  assert.deepEqual(await written.promise, [true, true]);
  server.close();
});
