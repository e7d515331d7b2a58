import assert from "node:assert/strict";
import { test } from "node:test";
import { TestReceiver } from "../testing/index.ts";
import { type ApiCaller, startPlatform } from "../testing/instance/index.ts";

const COMPONENT = "npm:@pipedream/pipedream@0.4.2/sources/new-scheduled-tasks/new-scheduled-tasks.mjs";

interface ScheduledTasks {
  id: string;
  configured_props: { http: { endpoint_url: string } };
}

test("new-scheduled-tasks of npm:@pipedream/pipedream emits each task at its time, once", async () => {
  await using platform = await startPlatform();
  await using receiver = await TestReceiver.start();
  const { api } = platform;
  const credentials = { api_key: platform.credentials.api_key };
  const accountId = await api.connect("pipedream", { componentUrl: COMPONENT, credentials });
  const source = await api.data<ScheduledTasks>("POST", "/sources", {
    component_url: COMPONENT,
    configured_props: { pipedream: { authProvisionId: accountId }, secret: "s3cret" },
  });
  await subscribeToItself(api, source.id);
  const remember =
    "insert into source_db (org_id, source_id, key, value) values ($1, $2, 'isSubscribedToSelf', 'true')";
  await platform.db.pool.query(remember, [platform.credentials.org_id, source.id]);
  await api.deliverTo(receiver.url, source.id);
  const send = async (path: string, body: unknown, secret = "s3cret"): Promise<{ status: number; body: unknown }> => {
    const endpoint = source.configured_props.http.endpoint_url.replace("//localhost:", "//127.0.0.1:");
    const headers = { "content-type": "application/json", "X-PD-Secret": secret };
    const response = await fetch(endpoint + path, { method: "POST", headers, body: JSON.stringify(body) });
    return { status: response.status, body: await response.json() };
  };

  const wrong = await send("/schedule", { timestamp: new Date().toISOString(), message: "x" }, "guessed");
  assert.equal(wrong.status, 400);
  assert.match(JSON.stringify(wrong.body), /Secret on incoming request/);

  const dueAtMs = Date.now() + 1_500;
  const accepted = await send("/schedule", { timestamp: new Date(dueAtMs).toISOString(), message: "open the gate" });
  assert.equal(accepted.status, 200);
  assert.match((accepted.body as { id: string }).id, /^[0-9a-f-]{36}$/);
  await receiver.waitFor(1);
  assert.ok(Date.now() >= dueAtMs, "a task is not emitted before its time");
  const [task] = receiver.requests.map((request) => JSON.parse(request.body) as { message: string });
  assert.equal(task?.message, "open the gate");

  const queued = await api.eventsOf(source.id, "$in");
  assert.deepEqual(queued, [], "nothing is left in the queue");
});

/** The component does this itself, but at api.pipedream.com, which is not this server. */
async function subscribeToItself(api: ApiCaller, sourceId: string): Promise<void> {
  await api.data("POST", "/subscriptions", { emitter_id: sourceId, listener_id: sourceId, event_name: "self" });
}
