import assert from "node:assert/strict";
import { test } from "node:test";
import { startTestServer } from "../testing/test-server.ts";
import { TestSource } from "../testing/test-source.ts";

test("a full disk refuses events with 503, is shown by /readyz, and leaves reading alone", async () => {
  await using server = await startTestServer();
  const source = await TestSource.deploy(server, { code: `{ props: { http: "$.interface.http" } }` });
  const readiness = async (): Promise<unknown[]> => {
    const response = await fetch(`${server.url}/readyz`);
    const { checks } = (await response.json()) as { checks: { database: { detail?: string } } };
    return [response.status, checks.database.detail];
  };
  await server.db.query(`create function refuse() returns trigger language plpgsql as
    $$ begin raise exception 'could not extend file: No space left on device' using errcode = '53100'; end $$`);
  await server.db.query("create trigger refuse before insert on events for each row execute function refuse()");
  const refused = await fetch(source.endpoint, { method: "POST", body: "{}" });
  assert.equal(refused.status, 503);
  assert.ok(Number(refused.headers.get("retry-after")) > 0);
  assert.deepEqual(await readiness(), [503, "the database's disk is full"]);
  assert.equal((await server.call("GET", `/sources/${source.id}`)).status, 200);
  await server.db.query("drop trigger refuse on events");
  assert.equal((await fetch(source.endpoint, { method: "POST", body: "{}" })).status, 200);
  assert.deepEqual(await readiness(), [200, undefined]);
});
