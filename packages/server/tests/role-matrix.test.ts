import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { roleOf, roles, scopeOf, type Operation, type Role } from "@millrace/contract";
import { roleAllows } from "../src/core/index.ts";
import {
  addUser,
  bodyOf,
  describedOperations,
  isScoped,
  makeOneOfEach,
  ownersBrowser,
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
  described = (await describedOperations(server.url)).filter(({ access }) => access !== "public");
});
after(() => server.close());

// Their success would change who the caller is.
const CHANGES_CALLER = new Set(["leaveWorkspace", "createWorkspace", "deleteCurrentUser"]);

async function made(path: string, body: object): Promise<Record<string, string>> {
  const reply = await server.call("POST", path, body);
  assert.equal(reply.status, 200, JSON.stringify(reply.body));
  return (reply.body as { data: Record<string, string> }).data;
}

async function clientToken(options: { role: Role; scopes?: string[] }): Promise<string> {
  const client = await made(`/workspaces/${server.orgId}/oauth_clients`, { name: "matrix", ...options });
  const { client_id, client_secret } = client;
  const body = { grant_type: "client_credentials", client_id, client_secret };
  const reply = await send(server, { method: "POST", path: "/v1/oauth/token", body });
  return String(reply.body?.["access_token"]);
}

async function memberToken(role: Role, options: { ownsWorkspace: boolean }): Promise<string> {
  return (await addUser(server.db, { memberOf: { orgId: server.orgId, role }, ...options })).apiKey;
}

interface Caller {
  name: string;
  role: Role;
  token: string;
  isClient?: boolean;
  readOnly?: boolean;
}

/** Whether a caller may, by the rules that the contract declares. */
function may({ role, isClient, readOnly }: Caller, operation: Operation): boolean {
  if (operation.access === "session" || (isClient && operation.access === "user_key")) return false;
  return roleAllows(role, roleOf(operation)) && !(readOnly && scopeOf(operation) === "write");
}

function ask(operation: Operation, headers: Record<string, string>, from: Ids) {
  return send(server, { method: operation.method, path: pathOf(operation, from), headers, body: bodyOf(operation) });
}

/** Refusals go to what there is; what is allowed asks for what there is not, so that nothing is changed. */
async function assertRights(caller: Caller): Promise<void> {
  const headers = { authorization: `Bearer ${caller.token}` };
  for (const operation of described.filter(({ id }) => !CHANGES_CALLER.has(id))) {
    const isAllowed = may(caller, operation);
    const from = isAllowed ? { ...unknownIds, workspace_id: server.orgId } : ids;
    const { status, body } = await ask(operation, headers, from);
    const what = `${caller.name}: ${operation.id} ${status} ${JSON.stringify(body)}`;
    if (isAllowed) assert.ok(status !== 401 && status !== 403 && status < 500, what);
    else assert.equal(status, 403, what);
  }
}

for (const role of roles) {
  void test(`a user with the role ${role} may do what the role allows, and nothing more`, async () => {
    const token = await memberToken(role, { ownsWorkspace: false });
    await assertRights({ name: role, role, token });
  });
}

for (const role of ["viewer", "member", "admin"] as const) {
  void test(`an OAuth client with the role ${role} may do what the role allows to programs, and nothing more`, async () => {
    await assertRights({ name: `${role} client`, role, token: await clientToken({ role }), isClient: true });
  });
}

void test("a token and a key that may only read change nothing, whatever their owner may do", async () => {
  const token = await clientToken({ role: "admin", scopes: ["read"] });
  await assertRights({ name: "read token", role: "admin", token, isClient: true, readOnly: true });
  const { key = "" } = await made(`/workspaces/${server.orgId}/api_keys`, { name: "read", scopes: ["read"] });
  await assertRights({ name: "read key", role: "owner", token: key, readOnly: true });
});

void test("a token for accounts opens them and nothing else of the REST API", async () => {
  const token = await clientToken({ role: "admin", scopes: ["connect:accounts:read"] });
  for (const operation of described) {
    const isOpen = operation.connectScope === "connect:accounts:read";
    const { status } = await ask(operation, { authorization: `Bearer ${token}` }, ids);
    assert.equal(status, isOpen ? 200 : 403, operation.id);
  }
});

void test("who owns another workspace has no more rights in this one for it", async () => {
  for (const role of ["viewer", "member", "admin"] as const) {
    const token = await memberToken(role, { ownsWorkspace: true });
    for (const operation of described.filter((one) => isScoped(one) && !roleAllows(role, roleOf(one)))) {
      const { status } = await ask(operation, { authorization: `Bearer ${token}` }, ids);
      assert.ok([403, 404].includes(status), `${role}: ${operation.id} ${status}`);
    }
  }
});

void test("a logged-in browser changes nothing without its CSRF token, nor from a page of another site", async () => {
  const browser = await ownersBrowser(server);
  const { csrfToken } = browser;
  const cookie = browser.cookieHeader();
  const withoutToken = { cookie, origin: browser.url };
  const fromElsewhere = { cookie, origin: "https://evil.example", "x-csrf-token": csrfToken ?? "" };
  const withOtherToken = { cookie, origin: browser.url, "x-csrf-token": `${csrfToken}x` };
  for (const operation of described.filter(({ method }) => method !== "GET")) {
    for (const headers of [withoutToken, fromElsewhere, withOtherToken]) {
      const { status, body } = await ask(operation, headers, ids);
      assert.equal(status, 403, `${operation.id} ${JSON.stringify(body)}`);
    }
  }
  assert.equal((await browser.call("GET", `/sources/${ids["source_id"]}`)).status, 200);
  assert.equal((await browser.call("GET", "/auth/session")).status, 200);
});
