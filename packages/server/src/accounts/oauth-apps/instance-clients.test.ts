import assert from "node:assert/strict";
import { test } from "node:test";
import { readInstanceClients } from "./instance-clients.ts";

void test("the operator's clients keep their ids, and mistakes are named without their values", () => {
  const good = { app: "slack", client_id: "1", client_secret: "hidden" };
  const text = JSON.stringify([good, { app: "x", client_secret: 5, secret: "hidden" }]);
  const { clients, mistakes } = readInstanceClients(text);
  assert.deepEqual(
    clients.map(({ app, oauthAppId }) => [app, oauthAppId === readInstanceClients(text).clients[0]?.oauthAppId]),
    [["slack", true]],
  );
  assert.ok(mistakes.some((mistake) => mistake.startsWith("1")) && !mistakes.join().includes("hidden"));
  assert.equal(readInstanceClients("{").mistakes.length, 1);
  assert.equal(readInstanceClients("{}").mistakes.length, 1);
});
