import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { TestReceiver } from "../testing/index.ts";
import { type ApiCaller, type Platform, startPlatform } from "../testing/instance/index.ts";
import { PostgresService, skipWithout } from "../testing/services/index.ts";

const PACKAGE = "npm:@pipedream/postgresql@2.2.4";

describe("the PostgreSQL sources of npm:@pipedream/postgresql", { skip: skipWithout("postgresql") }, () => {
  let postgres: PostgresService;
  let platform: Platform;
  let api: ApiCaller;
  let receiver: TestReceiver;
  let accountId: string;

  before(async () => {
    postgres = await PostgresService.start();
    platform = await startPlatform();
    api = platform.api;
    receiver = await TestReceiver.start();
    accountId = await connectTo(postgres, api);
  });
  after(async () => {
    await platform[Symbol.asyncDispose]();
    await receiver.close();
    await postgres.stop();
  });

  function deploy(path: string, props: Record<string, unknown>): Promise<{ id: string }> {
    const timer = { intervalSeconds: 1 };
    const configured_props = { postgresql: { authProvisionId: accountId }, timer, schema: "public", ...props };
    return api.data("POST", "/sources", { component_url: `${PACKAGE}/sources/${path}`, configured_props });
  }

  test("new-row carries each inserted row to a webhook exactly once", async () => {
    await postgres.query("create table orders (id serial primary key, item text not null)");
    await postgres.query("insert into orders (item) values ('before the source')");
    const source = await deploy("new-row/new-row.mjs", { table: "orders" });
    const [historical] = await api.eventsOf(source.id);
    assert.deepEqual(historical, { id: 1, item: "before the source" }, "the deploy hook emits what was there");

    await api.deliverTo(`${receiver.url}/orders`, source.id);
    for (const item of ["mill", "race", "wheel"]) {
      await postgres.query("insert into orders (item) values ($1)", [item]);
    }
    await receiver.waitFor((requests) => rowsAt(requests, "/orders").length >= 3);
    await api.data("POST", `/sources/${source.id}/run`, {});
    const rows = rowsAt(receiver.requests, "/orders").toSorted((a, b) => Number(a["id"]) - Number(b["id"]));
    assert.deepEqual(rows, [
      { id: 2, item: "mill" },
      { id: 3, item: "race" },
      { id: 4, item: "wheel" },
    ]);
  });

  test("new-or-updated-row carries each insert and each update to a webhook exactly once", async () => {
    const columns = "id serial primary key, state text not null, changed_at timestamptz not null";
    await postgres.query(`create table parcels (${columns})`);
    const columnsToWatch = { identifierColumn: "id", timestampColumn: "changed_at" };
    const source = await deploy("new-or-updated-row/new-or-updated-row.mjs", { table: "parcels", ...columnsToWatch });
    await api.deliverTo(`${receiver.url}/parcels`, source.id);

    const insert = "insert into parcels (state, changed_at) values ('packed', $1)";
    await postgres.query(insert, ["2026-01-01T10:00:00.123456Z"]);
    await receiver.waitFor((requests) => rowsAt(requests, "/parcels").length >= 1);
    const update = "update parcels set state = 'sent', changed_at = $1 where id = 1";
    await postgres.query(update, ["2026-01-01T11:00:00.654321Z"]);
    await receiver.waitFor((requests) => rowsAt(requests, "/parcels").length >= 2);
    await api.data("POST", `/sources/${source.id}/run`, {});
    assert.deepEqual(rowsAt(receiver.requests, "/parcels"), [
      { id: 1, state: "packed", changed_at: "2026-01-01T10:00:00.123Z" },
      { id: 1, state: "sent", changed_at: "2026-01-01T11:00:00.654Z" },
    ]);
  });

  test("a hook that cannot reach the table answers 422 with the database's own words, and leaves nothing", async () => {
    const countBefore = (await api.data<unknown[]>("GET", "/users/me/sources?limit=100")).length;
    const configured_props = {
      postgresql: { authProvisionId: accountId },
      schema: "public",
      table: "missing",
      column: "id",
    };
    const component_url = `${PACKAGE}/sources/new-row/new-row.mjs`;
    const reply = await api.call("POST", "/sources", { component_url, configured_props });
    assert.equal(reply.status, 422);
    assert.match((reply.body as { error: string }).error, /missing/);
    assert.equal((await api.data<unknown[]>("GET", "/users/me/sources?limit=100")).length, countBefore);
  });
});

test(
  "without MILLRACE_EGRESS_ALLOW a deploy hook that connects to 127.0.0.1 is refused with 422",
  { skip: skipWithout("postgresql") },
  async () => {
    await using postgres = await PostgresService.start();
    await using platform = await startPlatform({});
    const { api } = platform;
    const accountId = await connectTo(postgres, api);
    const columns = { table: "t", identifierColumn: "id", timestampColumn: "at" };
    const props = { postgresql: { authProvisionId: accountId }, timer: { intervalSeconds: 1 }, schema: "public" };
    const component_url = `${PACKAGE}/sources/new-or-updated-row/new-or-updated-row.mjs`;
    const body = { component_url, configured_props: { ...props, ...columns } };
    const refused = await api.call("POST", "/sources", body);
    assert.equal(refused.status, 422, "the deploy hook connects, so deploying fails");
    assert.match((refused.body as { error: string }).error, /127\.0\.0\.1.*(not allowed|refused)|EACCES/);
  },
);

function connectTo(postgres: PostgresService, api: ApiCaller): Promise<string> {
  const { host, port, user, password, database } = postgres;
  const credentials = { host, port: String(port), user, password, database, ca: postgres.certificate };
  return api.connect("postgresql", { componentUrl: `${PACKAGE}/sources/new-row/new-row.mjs`, credentials });
}

function rowsAt(requests: readonly { path: string; body: string }[], path: string): Record<string, unknown>[] {
  return requests
    .filter((request) => request.path === path)
    .map((request) => JSON.parse(request.body) as Record<string, unknown>);
}
