import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { startTestApi, startTestServer, TestReceiver, type TestServer } from "../../testing/index.ts";

const FEED_SOURCE = `export default {
  key: "my-component", name: "rss", version: "0.0.1",
  props: {
    url: { type: "string", label: "Feed URL", description: "Enter the URL for any public RSS feed." },
    timer: { type: "$.interface.timer", default: { intervalSeconds: 900 } },
  },
  async run(event) { this.$emit(event); },
};`;
const TEMPLATE = {
  steps: [
    {
      namespace: "code",
      code: `export default defineComponent({ props: { stringProp: { type: "string" } }, run() {} })`,
      lang: "nodejs20.x",
    },
    { namespace: "keyauth_hello_world", component_key: "keyauth-hello-world" },
  ],
  triggers: [
    {
      type: "source",
      component_code: `export default { name: "oauth-test-source", version: "0.0.1",
        props: { oauth: { type: "app", app: "keyauth" }, string: { type: "string" } }, run() {} };`,
    },
    { type: "http" },
  ],
};
// The outer `raw_event` is the older form of an emit, and no part of the event.
const WORKFLOW = {
  triggers: [{ type: "http" }],
  steps: [
    {
      namespace: "code",
      code: `export default defineComponent({ run({ $ }) {
        $.send.emit({ raw_event: { raw_event: { name: "Luke", title: "Jedi" } } }); throw new Error("it fails"); } })`,
    },
  ],
};

function action(key: string, name: string, type = "action"): string {
  return `export default { key: "${key}", name: "${name}", version: "0.0.1", type: "${type}",
    props: { keyauth: { type: "app", app: "keyauth" } }, run() {} };`;
}

/** A server that has what the examples name, by the names that they call it. */
export interface World extends AsyncDisposable {
  server: TestServer;
  names: Record<string, string>;
  paid: { url: string; token: string };
}

/** Starts servers of both plans, and makes what the examples name. */
export async function startWorld(): Promise<World> {
  await using cleanup = new AsyncDisposableStack();
  const github = cleanup.use(await TestReceiver.start());
  github.respondWith(({ path }) =>
    path === "/PipedreamHQ/pipedream/master/components/rss/sources/new-item-in-feed/new-item-in-feed.js"
      ? { status: 200, body: FEED_SOURCE }
      : { status: 404 },
  );
  const env = { MILLRACE_GITHUB_RAW_URL: github.url };
  const server = await startTestServer({ egressAllow: ["127.0.0.0/8"], env });
  cleanup.defer(() => server.close());
  const paid = cleanup.use(await startTestApi({ plan: "paid" }));
  const names = await namesOf(server);
  const owned = cleanup.move();
  return {
    server,
    names,
    paid: { url: paid.url, token: paid.credentials.api_key },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function namesOf(server: TestServer): Promise<Record<string, string>> {
  const made = async (path: string, body: unknown): Promise<string> => {
    const reply = await server.call("POST", path, body);
    assert.equal(reply.status, 200, JSON.stringify(reply.body));
    return (reply.body as { data: { id: string } }).data.id;
  };
  await made("/components", { component_code: action("keyauth-hello-world", "Key auth hello world") });
  await made("/components", { component_code: action("twilio-send-sms", "Send SMS") });
  await made("/components", { component_code: action("hubspot-new-contact", "New Hubspot Contact Added", "source") });
  const component = await made("/components", { component_code: FEED_SOURCE });
  await made(`/components/${component}/publish`, {});
  const configured_props = { url: "https://rss.example.com" };
  const source = await made("/sources", { component_id: component, configured_props });
  const newest = await made("/sources", { component_id: component, configured_props, name: "newest" });
  const event = await made(`/sources/${source}/events`, { event: { raw_event: { name: "Luke", title: "Jedi" } } });
  const workflow = await made("/workflows", WORKFLOW);
  await made(`/workflows/${workflow}/runs`, { event: {} });
  await failureOf(server, workflow);
  const account = { app: "keyauth", name: "Key auth", credentials: { api_key: "k" } };
  const first = JSON.parse(readFileSync(join(server.dataDir, "credentials.json"), "utf8")) as Record<string, string>;
  return {
    ...{ component, source, event, workflow, org: server.orgId, project: server.projectId },
    ...{ client_id: first["oauth_client_id"] ?? "", client_secret: first["oauth_client_secret"] ?? "" },
    cursor: Buffer.from(newest).toString("base64url"),
    account: await made("/accounts", account),
    template: await made("/templates", { name: "Seed", definition: TEMPLATE }),
  };
}

async function failureOf(server: TestServer, workflow: string): Promise<void> {
  const deadlineMs = Date.now() + 20_000;
  for (;;) {
    const { body } = await server.call("GET", `/workflows/${workflow}/$errors/event_summaries`);
    if ((body as { data: unknown[] }).data.length > 0) return;
    assert.ok(Date.now() < deadlineMs, "the workflow has failed");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
