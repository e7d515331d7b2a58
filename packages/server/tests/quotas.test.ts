import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createTransport } from "nodemailer";
import { usageDay } from "../src/core/index.ts";
import { QuotaWatch, type QuotaNotice } from "../src/delivery/index.ts";
import { QuotaLevels } from "../src/queue/index.ts";
import { addUser } from "../testing/index.ts";
import { freePort } from "../testing/services/index.ts";
import { testDatabase } from "../testing/test-database.ts";
import { TestMailServer } from "../testing/test-mail-server.ts";
import { nodeStep, runIn, startRun, workflowOf, type TestWorkflowRun } from "../testing/test-runs.ts";
import { startTestServer, type TestServer } from "../testing/test-server.ts";
import { eventually, TestSource } from "../testing/test-source.ts";
import { TestWorkflow } from "../testing/test-workflow.ts";

let server: TestServer;
let outgoing: TestMailServer;
let mailPort: number;
before(async () => {
  outgoing = await TestMailServer.start();
  mailPort = await freePort();
  const env = { MILLRACE_SMTP_URL: outgoing.url, MILLRACE_SMTP_PORT: String(mailPort) };
  server = await startTestServer({ env: { ...env, MILLRACE_MAIL_DOMAIN: "mail.example" } });
});
after(async () => {
  await server.close();
  await outgoing[Symbol.asyncDispose]();
});

interface Workspace {
  daily_credits_quota: number;
  daily_credits_used: number;
}

async function workspace(): Promise<Workspace> {
  return ((await server.call("GET", `/workspaces/${server.orgId}`)).body as { data: Workspace }).data;
}

async function setQuota(daily_credits_quota: number | null): Promise<Workspace> {
  const reply = await server.call("PUT", `/workspaces/${server.orgId}/quota`, { daily_credits_quota });
  assert.equal(reply.status, 200, JSON.stringify(reply.body));
  return (reply.body as { data: Workspace }).data;
}

/** Gives the workspace so many credits more than it has used. */
async function allow(credits: number): Promise<void> {
  await setQuota((await workspace()).daily_credits_used + credits);
}

const call = (workflow: TestWorkflow): Promise<Response> => fetch(workflow.endpoint, { method: "POST", body: "{}" });

async function runsOf(workflow: TestWorkflow, status: string): Promise<TestWorkflowRun[]> {
  const reply = await server.call("GET", `/workflows/${workflow.id}/runs?limit=100&status=${status}`);
  return (reply.body as { data: TestWorkflowRun[] }).data;
}

/** Requests until they are refused: what the last ones used is known a moment after their ends. */
async function callUntilRefused(workflow: TestWorkflow): Promise<Response> {
  return eventually(async () => {
    const reply = await call(workflow);
    return reply.status === 429 && reply;
  });
}

test("requests, runs and mail are refused when the credits of the day are used up, until there are more", async () => {
  const workflow = await TestWorkflow.create(server, {
    triggers: [{ type: "http" }, { type: "email" }],
    steps: [nodeStep("code", "return 1;")],
  });
  await allow(2);
  const refused = await callUntilRefused(workflow);
  const { error, code } = (await refused.json()) as { error: string; code: string };
  assert.match(error, /^Quota Exceeded/);
  assert.equal(code, "quota_exceeded");
  const retryAfter = Number(refused.headers.get("retry-after"));
  assert.ok(retryAfter > 0 && retryAfter <= 24 * 3_600, String(retryAfter));
  const run = await server.call("POST", `/workflows/${workflow.id}/runs`, { event: {} });
  assert.equal(run.status, 429);
  const address = workflow.data.triggers.find((one) => one["email_address"] !== undefined)?.["email_address"] as string;
  const transport = createTransport({ host: "127.0.0.1", port: mailPort, ignoreTLS: true });
  const mail = { from: "a@example.com", to: address, subject: "s", text: "t" };
  await assert.rejects(transport.sendMail(mail), { responseCode: 452 });
  const { daily_credits_used: used, daily_credits_quota: quota } = await workspace();
  assert.ok(used >= quota);

  await allow(100);
  await eventually(async () => (await call(workflow)).status === 200);
  await transport.sendMail(mail);
  await eventually(async () => (await runsOf(workflow, "success")).length >= 4);
  await setQuota(null);
});

test("what was accepted waits for credits and then runs once, with what it emits on the way", async () => {
  const source = await TestSource.deploy(server, {
    code: `{ props: { http: "$.interface.http" }, run() { for (let n = 0; n < 5; n++) this.$emit({ n }) } }`,
  });
  const steps = [nodeStep("code", "return steps.trigger.event.n;")];
  const triggers = [{ type: "source", source_id: source.id }];
  const free = await TestWorkflow.create(server, { triggers, steps });
  const inOrder = await TestWorkflow.create(server, { triggers, steps, settings: { concurrency: 1 } });
  await allow(1);
  await fetch(source.endpoint.replace(/^https?:\/\/[^/]+/, server.url), { method: "POST", body: "{}" });
  const waiting = async (): Promise<number> => {
    const { rows } = await server.db.query<{ count: number }>(
      "select count(*)::int as count from deliveries where last_error = 'quota_exceeded' and attempts = 0",
    );
    return rows[0]?.count ?? 0;
  };
  // The source's own run has used the credit; what it emitted is put off.
  await eventually(async () => (await waiting()) >= 6);
  await allow(1_000);
  for (const workflow of [free, inOrder]) {
    const runs = await eventually(async () => {
      const found = await runsOf(workflow, "success");
      return found.length >= 5 && found;
    });
    assert.equal(runs.length, 5);
  }
  assert.equal(await waiting(), 0);
  await setQuota(null);
});

test("a paused run goes on without credits", async () => {
  const workflow = await workflowOf(server, [nodeStep("wait", `$.flow.delay(1_500);`), nodeStep("then", "return 1;")]);
  await allow(1);
  const runId = await startRun(workflow);
  await runIn(server, runId, "success");
  await setQuota(null);
});

test("the workspace says so on $errors, and owners are told by mail, once a day", async () => {
  const { rows } = await server.db.query<{ payload: string }>(
    "select payload from events where org_id = $1 and emitter_id = $1 and channel = '$errors'",
    [server.orgId],
  );
  assert.equal(rows.length, 1);
  assert.match(rows[0]?.payload ?? "", /"name":"Quota Exceeded"/);
  const told = outgoing.mails.filter(({ mail }) => mail.subject?.startsWith("Quota Exceeded"));
  assert.equal(told.length, 1);
});

test("the quota is set by those who look after the instance, and shown as it is", async () => {
  assert.equal((await setQuota(1_234)).daily_credits_quota, 1_234);
  const usage = await server.call("GET", `/workspaces/${server.orgId}/usage`);
  assert.equal((usage.body as { data: Workspace }).data.daily_credits_quota, 1_234);
  assert.equal((await setQuota(null)).daily_credits_quota, 0);
  for (const wrong of [-1, 1.5, "many"]) {
    const reply = await server.call("PUT", `/workspaces/${server.orgId}/quota`, { daily_credits_quota: wrong });
    assert.equal(reply.status, 400, String(wrong));
  }
  const stranger = await addUser(server.db);
  const headers = { authorization: `Bearer ${stranger.apiKey}`, "content-type": "application/json" };
  const asStranger = async (orgId: string): Promise<number> =>
    (
      await fetch(`${server.url}/v1/workspaces/${orgId}/quota`, {
        method: "PUT",
        headers,
        body: `{"daily_credits_quota":0}`,
      })
    ).status;
  assert.equal(await asStranger(stranger.orgId ?? ""), 403);
  assert.equal(await asStranger(server.orgId), 404);
  const ofStranger = await server.call("PUT", `/workspaces/${stranger.orgId}/quota`, { daily_credits_quota: 7 });
  assert.equal((ofStranger.body as { data: Workspace }).data.daily_credits_quota, 7);
});

test("at midnight credits return; of two nodes one tells; a change on one is known on the other", async () => {
  await using database = await testDatabase();
  const { db } = database;
  const { orgId } = await addUser(db);
  let nowMs = Date.UTC(2026, 2, 1, 23, 59);
  const notices: QuotaNotice[] = [];
  let released = 0;
  const node = (): { levels: QuotaLevels; watch: QuotaWatch } => {
    const levels = new QuotaLevels();
    const watch = new QuotaWatch({
      ...{ db, levels, defaultQuota: 10, onError: assert.ifError, now: () => nowMs },
      log: { append: async () => [] },
      onNotice: (notice) => notices.push(notice),
      onReleased: () => released++,
    });
    return { levels, watch };
  };
  const use = (credits: number): Promise<unknown> =>
    db.query(
      `insert into usage_days (org_id, day, node_id, credits, compute_ms, workflow_segments, source_runs)
       values ($1, $2, $3, $4, 0, 0, 0)`,
      [orgId, usageDay(nowMs), `n_${credits}`, credits],
    );
  const [one, other] = [node(), node()];
  const isOver = ({ levels }: typeof one): boolean => levels.exceededUntilMs(orgId ?? "", nowMs) !== null;
  await use(8);
  await Promise.all([one.watch.tick(), other.watch.tick()]);
  assert.deepEqual([isOver(one), isOver(other)], [false, false]);
  await use(2);
  for (const { watch } of [one, other]) watch.look(null);
  await Promise.all([one.watch.tick(), other.watch.tick()]);
  assert.deepEqual([isOver(one), isOver(other)], [true, true]);
  assert.deepEqual(
    notices.map(({ percent, used }) => [percent, used]),
    [
      [80, 8],
      [100, 10],
    ],
  );
  nowMs += 60_000;
  assert.deepEqual([isOver(one), isOver(other)], [false, false]);
  await Promise.all([one.watch.tick(), other.watch.tick()]);
  assert.equal(released, 2);
  assert.equal(one.levels.get(orgId ?? "")?.used, 0);
});
