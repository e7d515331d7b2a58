import assert from "node:assert/strict";
import { test } from "node:test";
import { TestReceiver } from "./index.ts";

test("a receiver remembers requests, answers as told and hands them out in order", async () => {
  await using receiver = await TestReceiver.start();
  const first = receiver.next();
  receiver.respondWith((request) => ({ status: request.path === "/b?x=1" ? 503 : 201, body: "done" }));
  const replies = [];
  for (const path of ["/a", "/b?x=1"]) {
    replies.push(await fetch(receiver.url + path, { method: "POST", body: path, headers: { "x-test": "1" } }));
  }
  assert.deepEqual(
    replies.map((reply) => reply.status),
    [201, 503],
  );
  assert.equal((await first).body, "/a");
  const second = await receiver.next();
  assert.deepEqual([second.method, second.path, second.headers["x-test"]], ["POST", "/b?x=1", "1"]);
  assert.equal((await receiver.waitFor((requests) => requests.length === 2)).length, 2);
});

test("a receiver that waits in vain says so", async () => {
  await using receiver = await TestReceiver.start();
  await assert.rejects(receiver.waitFor(1, 10), /0 requests/);
});
