import assert from "node:assert/strict";
import { test } from "node:test";
import { NodeWork } from "../src/daemon/index.ts";
import { NodeRegistration } from "../src/db/index.ts";
import { TimerIngest } from "../src/ingest/timer/index.ts";
import { Timers } from "../src/sources/index.ts";
import { startTestServer } from "../testing/test-server.ts";
import { TestSource } from "../testing/test-source.ts";

const HOUR_MS = 3_600_000;

test("a timer fires soon after the clock is set past its tick, and once when it is set back again", async (context) => {
  await using server = await startTestServer({ env: { MILLRACE_ROLES: "api,ingest,worker" } });
  const { db } = server;
  const registration = await NodeRegistration.register({ db, nodeName: "clock", roles: ["scheduler"] });
  const work = new NodeWork({ db, registration, limits: { total: 1, perListener: 1 }, onError: assert.ifError });
  await work.start();
  const ingest = new TimerIngest({
    ...{ db, log: work.log, timers: new Timers({ db }), onError: assert.ifError },
    longestSleepMs: 20,
  });
  await ingest.start();
  const ticks = async (): Promise<number> => {
    const { rows } = await db.query<{ count: number }>(
      "select count(*)::int as count from events where channel = '$trigger'",
    );
    return rows[0]?.count ?? 0;
  };
  await TestSource.deploy(server, {
    code: `{ props: { timer: { type: "$.interface.timer", default: { intervalSeconds: 600 } } } }`,
  });
  const nowMs = Date.now();
  context.mock.timers.enable({ apis: ["Date"], now: nowMs });
  context.mock.timers.setTime(nowMs + 700_000);
  // Time stands still, so looks are counted.
  for (let looks = 0; looks < 500 && (await ticks()) === 0; looks++) await new Promise((done) => setTimeout(done, 10));
  assert.equal(await ticks(), 1);
  context.mock.timers.setTime(nowMs - HOUR_MS);
  await ingest.tick(Date.now());
  context.mock.timers.setTime(nowMs + 700_000);
  await ingest.tick(Date.now());
  assert.equal(await ticks(), 1);
  context.mock.timers.reset();
  await ingest.stop();
  await work.stop();
  await registration.stop();
});
