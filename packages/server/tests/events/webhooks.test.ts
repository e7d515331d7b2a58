import assert from "node:assert/strict";
import { test } from "node:test";
import { Webhook } from "standardwebhooks";
import { formatEventId, type RetryPolicy } from "../../src/core/index.ts";
import {
  WebhookCache,
  WebhookDeliveries,
  WebhookHealth,
  WebhookLog,
  Webhooks,
  type WebhookLogRow,
} from "../../src/delivery/index.ts";
import { Egress } from "../../src/egress/index.ts";
import { Subscriptions } from "../../src/events/index.ts";
import { TestReceiver } from "../../testing/index.ts";
import { draft, EventWorld, ORG, until } from "./event-world.ts";

// Keys as they are: sealing is the vault's business and tested there.
const openBox = {
  seal: async (_orgId: string, text: string) => ({ vaultKeyId: "none", sealed: text }),
  open: async (_orgId: string, _vaultKeyId: string, sealed: string) => sealed,
};

interface Settings {
  policy?: RetryPolicy;
  timeoutMs?: number;
  giveUpAfterMs?: number;
}

async function webhookWorld(settings: Settings = {}) {
  const world = await EventWorld.open();
  const receiver = await TestReceiver.start();
  const node = await world.node("a", { isStarted: false });
  const { db } = world;
  const cache = new WebhookCache({ db, vault: openBox });
  cache.start();
  const subscriptions = new Subscriptions({ db, cache: node.work.subscriptions });
  const webhooks = new Webhooks({ db, vault: openBox, subscriptions });
  const log = new WebhookLog({ db, onOwed: () => node.work.claims.wake() });
  const egress = new Egress({ rules: { allow: ["127.0.0.1"] } });
  const deliveries = new WebhookDeliveries({
    ...{ egress, cache, health: new WebhookHealth({ db, cache, giveUpAfterMs: settings.giveUpAfterMs ?? 1e9 }) },
    retryPolicy: settings.policy ?? { delaysMs: [20, 20], jitterRatio: 0.1 },
    timeoutMs: settings.timeoutMs ?? 2_000,
  });
  node.work.dispatcher.register("wh_", (delivery, signal) => deliveries.handle(delivery, signal));
  await node.work.start();
  await world.addSource("dc_1");
  const { row, signingKey } = await webhooks.create(ORG, { userId: null, url: `${receiver.url}/hook` });
  await world.subscribe(node, "dc_1", row.webhook_id);
  const key = { orgId: ORG, webhookId: row.webhook_id };
  return {
    ...{ world, receiver, node, webhooks, log, key, signingKey },
    async listed(): Promise<readonly WebhookLogRow[]> {
      return (await log.list(key, { limit: 100, afterId: null, beforeId: null })).rows;
    },
    async settled(): Promise<void> {
      await until(async () => (await world.count("deliveries")) === 0);
    },
    async [Symbol.asyncDispose]() {
      await receiver.close();
      await world[Symbol.asyncDispose]();
      cache.stop();
      await egress.stop();
    },
  };
}

test("an event arrives as bare JSON, signed so that Standard Webhooks verifies it, with its ids", async () => {
  await using it = await webhookWorld();
  const [event] = await it.node.work.log.append([draft("dc_1", { a: "ü" })]);
  const request = await it.receiver.next();
  assert.deepEqual([request.method, request.path, request.body], ["POST", "/hook", '{"a":"ü"}']);
  assert.equal(request.headers["content-type"], "application/json");
  assert.equal(request.headers["x-pd-emitter-id"], "dc_1");
  assert.equal(request.headers["x-pd-event-id"], formatEventId(event?.eventId ?? 0));
  assert.deepEqual(new Webhook(it.signingKey).verify(request.body, request.headers as Record<string, string>), {
    a: "ü",
  });
  await it.settled();
  const [row] = await it.listed();
  assert.deepEqual([row?.status, row?.attempts, row?.response_status], ["success", 1, 200]);
});

test("a failure is tried again under the same id until the schedule ends, then it is dead and can be redelivered", async () => {
  await using it = await webhookWorld();
  it.receiver.respondWith(() => ({ status: 500 }));
  await it.node.work.log.append([draft("dc_1", 1)]);
  await it.settled();
  assert.equal(it.receiver.requests.length, 3);
  assert.equal(new Set(it.receiver.requests.map((one) => one.headers["webhook-id"])).size, 1);
  const [dead] = await it.listed();
  assert.deepEqual(
    [dead?.status, dead?.attempts, dead?.response_status, dead?.error],
    ["dead", 3, 500, "answered 500"],
  );
  it.receiver.respondWith(() => ({ status: 204 }));
  assert.equal(await it.log.redeliverSince(it.key, 0), 1);
  await it.settled();
  assert.equal(await it.log.redeliverSince(it.key, 0), 0);
  assert.equal(await it.log.redeliver(it.key, dead?.id ?? ""), 1);
  await it.settled();
  assert.equal(it.receiver.requests.length, 5);
  await assert.rejects(it.log.redeliver(it.key, "nonsense"), { code: "not_found" });
  await assert.rejects(it.log.redeliver({ orgId: "o_other", webhookId: it.key.webhookId }, dead?.id ?? ""), {
    code: "not_found",
  });
});

test("redirects, hang-ups and silence are failures; a redirect is not followed", async () => {
  await using it = await webhookWorld({ timeoutMs: 100, policy: { delaysMs: [], jitterRatio: 0 } });
  const answers = [() => ({ status: 302, headers: { location: `${it.receiver.url}/elsewhere` } }), () => undefined];
  it.receiver.respondWith((request, response) => {
    if (request.body === "2") response.destroy();
    return answers[Number(request.body)]?.();
  });
  for (const n of [0, 1, 2]) {
    await it.node.work.log.append([draft("dc_1", n)]);
    await it.settled();
  }
  const errors = (await it.listed()).toReversed().map((row) => row.error?.replace(/:.*/, ""));
  assert.deepEqual(errors, ["answered 302", "timeout", "hang_up"]);
  assert.ok(it.receiver.requests.every((request) => request.path === "/hook"));
});

test("an answer of 10 MB is cut short and still a success", async () => {
  await using it = await webhookWorld();
  const body = "x".repeat(10_000_000);
  it.receiver.respondWith(() => ({ status: 200, body }));
  await it.node.work.log.append([draft("dc_1", 1)]);
  await it.settled();
  assert.equal((await it.listed())[0]?.status, "success");
});

test("Retry-After of 429 and 503 is honoured", async () => {
  await using it = await webhookWorld();
  it.receiver.respondWith(() => ({ status: 429, headers: { "retry-after": "60" } }));
  const beforeMs = Date.now();
  await it.node.work.log.append([draft("dc_1", 1)]);
  await until(async () => (await it.listed())[0]?.attempts === 1);
  const [pending] = await it.listed();
  assert.equal(pending?.status, "pending");
  assert.ok((pending?.next_attempt_at_ms ?? 0) >= beforeMs + 60_000);
  it.receiver.respondWith(() => ({ status: 200 }));
  assert.equal(await it.log.redeliver(it.key, pending?.id ?? ""), 1);
  await it.settled();
  assert.equal((await it.listed())[0]?.attempts, 2);
});

test("410 deactivates at once and says so on $errors of the event's emitter", async () => {
  await using it = await webhookWorld();
  it.receiver.respondWith(() => ({ status: 410 }));
  await it.node.work.log.append([draft("dc_1", { n: 1 })]);
  await it.settled();
  assert.equal((await it.webhooks.find([ORG], it.key.webhookId)).active, false);
  const errors = { orgId: ORG, emitterId: "dc_1", channel: "$errors", limit: 10, isExpanded: true };
  const [told] = (await it.node.work.summaries.list(errors)).data;
  const event = told?.event as {
    error: { code: string };
    original_event: unknown;
    original_context: { webhook_id: string };
  };
  assert.equal(event.error.code, "WEBHOOK_DEACTIVATED");
  assert.deepEqual(event.original_event, { n: 1 });
  assert.equal(event.original_context.webhook_id, it.key.webhookId);
  await it.node.work.log.append([draft("dc_1", { n: 2 })]);
  await it.settled();
  assert.equal(it.receiver.requests.length, 1);
  assert.deepEqual(
    [(await it.listed())[0]?.status, (await it.listed())[0]?.error],
    ["dead", "the webhook is not active"],
  );
});

test("a webhook that has failed for too long is deactivated; a success in between starts anew", async () => {
  await using it = await webhookWorld({ giveUpAfterMs: 3_600_000, policy: { delaysMs: [], jitterRatio: 0 } });
  const failingSince = async (): Promise<number | null> =>
    (await it.webhooks.find([ORG], it.key.webhookId)).failing_since_ms;
  const send = async (status: number): Promise<void> => {
    it.receiver.respondWith(() => ({ status }));
    await it.node.work.log.append([draft("dc_1", status)]);
    await it.settled();
  };
  await send(500);
  assert.ok((await failingSince()) !== null);
  await send(200);
  assert.equal(await failingSince(), null);
  await send(500);
  await it.world.db.query("update webhooks set failing_since_ms = failing_since_ms - 3600001");
  await it.webhooks.update([ORG], it.key.webhookId, { name: "read again" });
  await until(async () => {
    await send(500);
    return !(await it.webhooks.find([ORG], it.key.webhookId)).active;
  });
  const revived = await it.webhooks.update([ORG], it.key.webhookId, { active: true });
  assert.equal(revived.failing_since_ms, null);
});

test("a rotated key signs what is sent from then on", async () => {
  await using it = await webhookWorld();
  await it.node.work.log.append([draft("dc_1", 1)]);
  await it.settled();
  const rotated = await it.webhooks.rotateSigningKey([ORG], it.key.webhookId);
  await until(async () => {
    await it.node.work.log.append([draft("dc_1", 2)]);
    await it.settled();
    const last = it.receiver.requests.at(-1);
    try {
      new Webhook(rotated).verify(last?.body ?? "", last?.headers as Record<string, string>);
      return true;
    } catch {
      return false;
    }
  });
});

test("a slow receiver delays no other", async () => {
  await using it = await webhookWorld();
  await using quick = await TestReceiver.start();
  const { row } = await it.webhooks.create(ORG, { userId: null, url: quick.url });
  await it.world.subscribe(it.node, "dc_1", row.webhook_id, "quick");
  it.receiver.respondWith(() => undefined);
  await it.node.work.log.append(Array.from({ length: 100 }, (_unused, n) => draft("dc_1", n)));
  const startedMs = Date.now();
  await it.node.work.log.append(Array.from({ length: 100 }, (_unused, n) => draft("dc_1", n, { channel: "quick" })));
  await quick.waitFor(100);
  assert.ok(Date.now() - startedMs < 1_900);
});

test("the list of deliveries is paged over those owed and those ended", async () => {
  await using it = await webhookWorld({ policy: { delaysMs: [1e8], jitterRatio: 0 } });
  it.receiver.respondWith((request) => ({ status: Number(request.body) % 2 === 0 ? 200 : 500 }));
  await it.node.work.log.append(Array.from({ length: 20 }, (_unused, n) => draft("dc_1", n)));
  await until(async () => (await it.listed()).filter((row) => row.attempts > 0).length === 20);
  const all = (await it.listed()).map((row) => row.id);
  const paged: string[] = [];
  for (let afterId: string | null = null; ;) {
    const { rows, totalCount }: { rows: WebhookLogRow[]; totalCount: number } = await it.log.list(it.key, {
      limit: 7,
      afterId,
      beforeId: null,
    });
    assert.equal(totalCount, 20);
    paged.push(...rows.map((row) => row.id));
    const last = rows.at(-1);
    if (!last) break;
    afterId = WebhookLog.cursorIdOf(last);
  }
  assert.deepEqual(paged, all);
  const middle = (await it.listed())[10];
  const before = await it.log.list(it.key, {
    limit: 3,
    afterId: null,
    beforeId: middle ? WebhookLog.cursorIdOf(middle) : null,
  });
  assert.deepEqual(
    before.rows.map((row) => row.id),
    all.slice(7, 10),
  );
});
