import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { operations, type Operation } from "@millrace/contract";
import {
  addUser,
  bodyOf,
  describedOperations,
  isScoped,
  makeOneOfEach,
  pathOf,
  send,
  startTestServer,
  unknownIds,
  type Ids,
  type TestServer,
} from "../testing/index.ts";

let server: TestServer;
let ids: Ids;
let described: Operation[];
before(async () => {
  server = await startTestServer();
  ids = await makeOneOfEach(server);
  described = await describedOperations(server.url);
});
after(() => server.close());

const all: Operation[] = Object.values(operations);

/** Operations whose path names nothing of a workspace, and why a stranger gets nothing by them. */
const unscoped: Readonly<Record<string, readonly string[]>> = {
  "make or run something in a workspace that `org_id` names": [
    ...["createAccount", "createConnectLink", "createComponent", "createDataStore", "createOauthApp", "createProject"],
    ...["createRegistryImport", "createSource", "createWebhook", "createWorkflow", "createTemplate"],
    ...["configureProp", "reloadProps"],
  ],
  "name things of a workspace in the body or the query": [
    ...["createSubscription", "deleteSubscription", "createAutoSubscription", "deleteAutoSubscription"],
  ],
  "list what the caller's workspaces hold": [
    ...["listAccounts", "listComponents", "listDataStores", "listOauthApps", "listMySources", "listSubscriptions"],
    ...["listMySubscriptions", "listMyWebhooks", "listMyWorkspaces", "listWorkspaces", "listWorkflows"],
    ...["listRegistryImports", "searchComponents"],
  ],
  "are the same for all workspaces": [
    ...["listApps", "getApp", "getAppDefinition", "getAppLogo", "listRegistry", "listRegistryVersions"],
    ...["getRegistryComponent", "getSystem"],
  ],
  "change what all workspaces get": ["createApp", "updateApp", "deleteApp", "unpublishComponent"],
  "concern the caller": [
    ...["getCurrentUser", "deleteCurrentUser", "createWorkspace", "acceptInvitation", "getSession", "listSessions"],
    ...["deleteSession", "logOut", "logOutEverywhere", "changePassword"],
  ],
  "need a secret of their own": [
    ...["signOauthRequest", "createAccessToken", "revokeAccessToken", "getLoginOptions", "setUp", "signUp", "logIn"],
    ...["requestPasswordReset", "resetPassword", "beginOidcLogin", "finishOidcLogin", "describeInvitation"],
  ],
};
const MAKERS = "make or run something in a workspace that `org_id` names";

function named(group: string): Operation[] {
  return all.filter(({ id }) => unscoped[group]?.includes(id));
}

function ask(operation: Operation, token: string | null, from: Ids) {
  const headers = token === null ? {} : { authorization: `Bearer ${token}` };
  return send(server, {
    method: operation.method,
    path: pathOf(operation, from),
    headers,
    body: bodyOf(operation),
  });
}

void test("every operation is described, and either names something of a workspace or says why it does not", () => {
  const byId = (list: readonly string[]) => list.toSorted((a, b) => a.localeCompare(b));
  assert.deepEqual(byId(described.map(({ id }) => id)), byId(all.map(({ id }) => id)));
  const listed = Object.values(unscoped).flat();
  assert.equal(new Set(listed).size, listed.length);
  assert.deepEqual(byId(described.filter((one) => !isScoped(one)).map(({ id }) => id)), byId(listed));
  assert.deepEqual(byId(all.filter(({ takesOrgId }) => takesOrgId).map(({ id }) => id)), byId(unscoped[MAKERS] ?? []));
});

void test("every operation that is not public refuses a caller without a token, before it looks at anything else", async () => {
  for (const operation of described.filter(({ access }) => access !== "public")) {
    for (const token of [null, "mr_wrong", "eyJhbGciOiJub25lIn0.e30."]) {
      const { status } = await ask(operation, token, ids);
      assert.equal(status, 401, `${operation.id} with ${String(token)}`);
    }
  }
});

void test("what belongs to another workspace is as unknown as what does not exist", async () => {
  const { apiKey: token } = await addUser(server.db);
  for (const operation of described.filter(isScoped)) {
    const foreign = await ask(operation, token, ids);
    const missing = await ask(operation, token, unknownIds);
    assert.deepEqual([foreign.status, missing.status], [404, 404], `${operation.id} ${JSON.stringify(foreign.body)}`);
    assert.deepEqual(Object.keys(foreign.body ?? {}), Object.keys(missing.body ?? {}), operation.id);
  }
  for (const path of [`/sources/${ids["source_id"]}`, `/accounts/${ids["account_id"]}`]) {
    assert.equal((await server.call("GET", path)).status, 200);
  }
});

void test("nothing is made in another workspace, nor listed of one that is named", async () => {
  const { apiKey: token } = await addUser(server.db);
  const lists = new Set(["listAccounts", "listComponents", "listMySources", "listWorkflows"]);
  for (const operation of [...named(MAKERS), ...all.filter(({ id }) => lists.has(id))]) {
    const body = operation.id === "createTemplate" ? { definition: { steps: [] } } : bodyOf(operation);
    for (const orgId of [server.orgId, "o_x"]) {
      const path = `${pathOf(operation, ids)}?org_id=${orgId}`;
      const reply = await send(server, {
        ...{ method: operation.method, path, body, headers: { authorization: `Bearer ${token}` } },
      });
      assert.equal(reply.status, 404, `${operation.id}: ${JSON.stringify(reply.body)}`);
    }
  }
});

void test("what another workspace owns cannot be named in a body or a query either", async () => {
  const { apiKey, orgId } = await addUser(server.db);
  const headers = { authorization: `Bearer ${apiKey}` };
  const post = (path: string, body: object) => send(server, { method: "POST", path: `/v1${path}`, headers, body });
  const webhookId = await post("/webhooks?url=https://example.com", {}).then(
    ({ body }) => (body as { data: { id: string } }).data.id,
  );
  const attempts: { path: string; query?: string; method?: string; body: (from: Ids) => object }[] = [
    { path: "/subscriptions", body: (from) => ({ emitter_id: from["source_id"], listener_id: webhookId }) },
    { path: "/subscriptions", body: (from) => ({ emitter_id: from["workspace_id"], listener_id: webhookId }) },
    { path: "/subscriptions", body: (from) => ({ emitter_id: orgId, listener_id: from["webhook_id"] }) },
    { path: "/auto_subscriptions", body: (from) => ({ event_name: "$errors", listener_id: from["webhook_id"] }) },
    { path: "/sources", body: (from) => ({ component_id: from["component_id"], name: "x" }) },
    { path: "/components/configure", body: (from) => ({ id: from["component_id"], prop_name: "x" }) },
    { path: "/components/props", body: (from) => ({ id: from["component_id"] }) },
    { path: "/components/props", body: (from) => codeWithAccount(from) },
    { path: "/workflows", body: (from) => ({ project_id: from["project_id"] }) },
    { path: "/workflows", body: (from) => ({ template_id: from["template_id"] }) },
    { path: "/workflows", body: (from) => ({ steps: [{ namespace: "a", component_id: from["component_id"] }] }) },
    { path: "/workflows", body: (from) => ({ triggers: [{ type: "source", source_id: from["source_id"] }] }) },
    { path: "/workflows", body: (from) => ({ steps: [storeStep(from)] }) },
    { path: "/templates", body: (from) => ({ workflow_id: from["workflow_id"] }) },
    { path: "/accounts/connect", body: (from) => ({ account_id: from["account_id"] }) },
    { path: "/accounts/connect", body: (from) => ({ app: "slack", oauth_app_id: from["oauth_app_id"] }) },
    {
      path: "/accounts",
      body: (from) => ({ app: "slack", credentials: { token: "t" }, oauth_app_id: from["oauth_app_id"] }),
    },
  ];
  for (const { path, body } of attempts) {
    const [foreign, missing] = [await post(path, body(ids)), await post(path, body(unknownIds))];
    const what = `${path} ${JSON.stringify(body(ids))}: ${JSON.stringify(foreign.body)}`;
    assert.ok([400, 404].includes(foreign.status), what);
    assert.deepEqual([foreign.status, foreign.body?.["code"]], [missing.status, missing.body?.["code"]], what);
  }
  for (const operation of ["/subscriptions", "/auto_subscriptions"]) {
    const query = `?emitter_id=${ids["source_id"]}&event_name=$errors&listener_id=${ids["webhook_id"]}`;
    const reply = await send(server, { method: "DELETE", path: `/v1${operation}${query}`, headers });
    assert.equal(reply.status, 404, operation);
  }
});

function codeWithAccount(from: Ids): object {
  const component_code = `export default { props: { slack: { type: "app", app: "slack" } }, run() { this.slack.$auth; } };`;
  return { component_code, configured_props: { slack: { authProvisionId: from["account_id"] } } };
}

function storeStep(from: Ids): object {
  const code = `export default defineComponent({ props: { store: { type: "data_store" } }, run() {} });`;
  return { namespace: "a", code, props: { store: from["data_store_id"] } };
}

void test("lists show nothing of others", async () => {
  const stranger = await addUser(server.db);
  const foreignIds = Object.values(ids);
  const isList = ({ method, access, reply }: Operation) =>
    method === "GET" && access !== "session" && JSON.stringify(reply).includes("page_info");
  for (const operation of described.filter((one) => isList(one) && /^[^:]*(:workspace_id[^:]*)?$/.test(one.path))) {
    const reply = await ask(operation, stranger.apiKey, { workspace_id: stranger.orgId ?? "" });
    assert.equal(reply.status, 200, operation.id);
    const text = JSON.stringify(reply.body);
    for (const id of foreignIds) assert.ok(!text.includes(id), operation.id);
  }
});

void test("owners of other workspaces do not change what all workspaces get", async () => {
  const stranger = await addUser(server.db);
  for (const operation of named("change what all workspaces get")) {
    const { status } = await ask(operation, stranger.apiKey, {});
    assert.equal(status, operation.id === "unpublishComponent" ? 404 : 403, operation.id);
  }
});
