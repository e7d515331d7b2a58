import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { JsonObject } from "@millrace/runner";
import { nodeStep, runIn, runToEnd, startRun, workflowOf } from "../testing/test-runs.ts";
import { startTestServer, type TestServer } from "../testing/test-server.ts";
import { TestReceiver } from "../testing/test-receiver.ts";
import { eventually, TestSource } from "../testing/test-source.ts";
import { TestWorkflow } from "../testing/test-workflow.ts";

let server: TestServer;
before(async () => (server = await startTestServer({ egressAllow: ["127.0.0.0/8"] })));
after(() => server.close());

interface Counts {
  credits: number;
  compute_ms: number;
  workflow_segments: number;
  source_runs: number;
}
interface Usage {
  from: string;
  to: string;
  daily_credits_quota: number | null;
  total: Counts;
  days: ({ day: string } & Counts)[];
}

async function usage(query = ""): Promise<Usage> {
  const reply = await server.call("GET", `/workspaces/${server.orgId}/usage${query}`);
  assert.equal(reply.status, 200, JSON.stringify(reply.body));
  return (reply.body as { data: Usage }).data;
}

/** What some work adds. */
async function added(work: () => Promise<unknown>, segments: number, runs = 0): Promise<Counts> {
  const { total: old } = await usage();
  await work();
  return eventually(async () => {
    const { total } = await usage();
    const counts = {
      credits: total.credits - old.credits,
      compute_ms: total.compute_ms - old.compute_ms,
      workflow_segments: total.workflow_segments - old.workflow_segments,
      source_runs: total.source_runs - old.source_runs,
    };
    return counts.workflow_segments >= segments && counts.source_runs >= runs && counts;
  });
}

test("a run costs one credit, and its compute is measured", async () => {
  const workflow = await workflowOf(server, [
    nodeStep("one", `await new Promise((resolve) => setTimeout(resolve, 60));`),
    nodeStep("two", `return 2;`),
  ]);
  const { compute_ms, ...counts } = await added(() => runToEnd(workflow), 1);
  assert.deepEqual(counts, { credits: 1, workflow_segments: 1, source_runs: 0 });
  assert.ok(compute_ms >= 50 && compute_ms < 10_000, String(compute_ms));
});

test("more memory costs more, failed runs cost the same", async () => {
  const steps = [nodeStep("one", `throw new Error("no");`)];
  const workflow = await workflowOf(server, steps, { settings: { memory_mb: 600 } });
  assert.equal((await added(() => runToEnd(workflow), 1)).credits, 3);
});

test("each execution of a run that pauses costs one, and the pause nothing", async () => {
  const workflow = await workflowOf(server, [nodeStep("one", `$.flow.delay(400);`), nodeStep("two", `return 2;`)]);
  const { compute_ms, ...counts } = await added(() => runToEnd(workflow), 2);
  assert.deepEqual(counts, { credits: 2, workflow_segments: 2, source_runs: 0 });
  assert.ok(compute_ms < 400, String(compute_ms));
});

test("a branch costs one more, and so does what follows its block", async () => {
  const branch = { type: "if", namespace: "way", condition: "{{ true }}", steps: [nodeStep("inside", `return 1;`)] };
  const workflow = await workflowOf(server, [nodeStep("one", `return 1;`), branch, nodeStep("last", `return 3;`)]);
  assert.equal((await added(() => runToEnd(workflow), 1)).credits, 3);
});

test("a loop costs one more, however often it goes round", async () => {
  const loop = { type: "loop", namespace: "each", over: "{{ [1, 2, 3] }}", steps: [nodeStep("inside", `return 1;`)] };
  const workflow = await workflowOf(server, [nodeStep("one", `return 1;`), loop]);
  assert.equal((await added(() => runToEnd(workflow), 1)).credits, 2);
});

test("a run of a source costs one credit; its hooks cost nothing", async () => {
  const code = `{ hooks: { async deploy() {} }, props: { http: "$.interface.http" }, async run(event) { this.$emit(event.body); } }`;
  const counts = await added(
    async () => {
      const source = await TestSource.deploy(server, { code });
      await fetch(source.endpoint, { method: "POST", body: "x" });
      await source.waitForEvents(1);
    },
    0,
    1,
  );
  assert.deepEqual([counts.credits, counts.source_runs], [1, 1]);
});

/** The address of a source's `http` prop, as this process reaches it. */
function httpOf(source: JsonObject | undefined): string {
  const props = source?.["configured_props"] as { http: { endpoint_url: string } } | undefined;
  return server.url + new URL(props?.http.endpoint_url ?? "").pathname;
}

test("a source from the registry is free as the trigger of a workflow; by itself it is not", async () => {
  const code = `export default { key: "free", version: "0.0.1", name: "Free", props: { http: "$.interface.http" }, run(event) { this.$emit(event.body); } }`;
  const post = (url: string): Promise<Response> => fetch(url, { method: "POST", body: "x" });
  const made = (await server.call("POST", "/components", { component_code: code })).body as { data: { id: string } };
  const workflow = await TestWorkflow.create(server, {
    triggers: [{ type: "source", component_id: made.data.id, props: {} }],
    steps: [nodeStep("one", `return 1;`)],
  });
  assert.equal((await added(() => post(httpOf(workflow.data.triggers[0])), 1, 1)).credits, 2);

  assert.equal((await server.call("POST", `/components/${made.data.id}/publish`)).status, 200);
  await workflow.put({ triggers: [] });
  await workflow.put({ triggers: [{ type: "source", component_id: made.data.id, props: {} }] });
  const counts = await added(() => post(httpOf(workflow.data.triggers[0])), 1, 1);
  assert.deepEqual([counts.credits, counts.source_runs, counts.workflow_segments], [1, 1, 1]);

  const alone = await server.call("POST", "/sources", { component_id: made.data.id, configured_props: {} });
  const { data: source } = alone.body as { data: JsonObject };
  assert.equal((await added(() => post(httpOf(source)), 0, 1)).credits, 1);
});

test("a cancelled run costs what it used before", async () => {
  const workflow = await workflowOf(server, [nodeStep("one", `$.flow.suspend();`), nodeStep("two", `return 2;`)]);
  const counts = await added(async () => {
    const id = await startRun(workflow);
    await runIn(server, id, "paused");
    assert.equal((await server.call("POST", `/runs/${id}/cancel`)).status, 200);
  }, 1);
  assert.deepEqual([counts.credits, counts.workflow_segments], [1, 1]);
});

test("a run that is cancelled while it works counts", async () => {
  await using receiver = await TestReceiver.start();
  const code = `await fetch("${receiver.url}"); await new Promise((resolve) => setTimeout(resolve, 250_000));`;
  const workflow = await workflowOf(server, [nodeStep("one", code)]);
  const counts = await added(async () => {
    const id = await startRun(workflow);
    await receiver.waitFor(1);
    assert.equal((await server.call("POST", `/runs/${id}/cancel`)).status, 200);
    assert.equal((await runIn(server, id, "cancelled")).status, "cancelled");
  }, 1);
  assert.deepEqual([counts.credits, counts.workflow_segments], [1, 1]);
  assert.ok(counts.compute_ms > 0, `${counts.compute_ms} ms`);
});

test("many runs at once are counted one by one", async () => {
  const workflow = await TestWorkflow.create(server, {
    triggers: [{ type: "http", props: {} }],
    steps: [nodeStep("one", `return 1;`)],
  });
  const counts = await added(async () => {
    for (let round = 0; round < 3; round++) {
      const posts = Array.from({ length: 30 }, () => fetch(workflow.endpoint, { method: "POST", body: "{}" }));
      for (const reply of await Promise.all(posts)) assert.equal(reply.status, 200);
    }
  }, 90);
  assert.deepEqual([counts.credits, counts.workflow_segments], [90, 90]);
});

test("the user and the workspace show what was used today, and the month adds its days up", async () => {
  const { total, days, to } = await usage();
  const today = days.at(-1);
  assert.equal(today?.day, to);
  const { data: user } = (await server.call("GET", "/users/me")).body as {
    data: Record<string, number> & { orgs: { daily_credits_used: number }[] };
  };
  const { data: workspace } = (await server.call("GET", `/workspaces/${server.orgId}`)).body as {
    data: Record<string, number>;
  };
  assert.ok(total.credits > 90);
  assert.equal(workspace["daily_credits_used"], today.credits);
  assert.equal(user.orgs[0]?.daily_credits_used, today.credits);
  assert.equal(user["daily_compute_time_used"], today.compute_ms);
  assert.equal(user["daily_invocations_used"], today.workflow_segments + today.source_runs);
});

test("a series has every day that was asked for, also of other nodes and months", async () => {
  await server.db.query(
    `insert into usage_days values ($1, '2026-01-30', 'a', 2, 5, 1, 1), ($1, '2026-01-30', 'b', 3, 6, 3, 0),
      ($1, '2026-02-01', 'a', 4, 7, 4, 0)`,
    [server.orgId],
  );
  const { days, total } = await usage("?from=2026-01-29&to=2026-02-01");
  const credits = days.map((one) => [one.day, one.credits]);
  assert.deepEqual(credits, [
    ["2026-01-29", 0],
    ["2026-01-30", 5],
    ["2026-01-31", 0],
    ["2026-02-01", 4],
  ]);
  assert.deepEqual(total, { credits: 9, compute_ms: 18, workflow_segments: 8, source_runs: 1 });
});

test("days that there are not are refused", async () => {
  for (const query of ["?from=2026-02-30", "?from=2026-02-02&to=2026-02-01", "?from=2020-01-01", "?from=yesterday"]) {
    const reply = await server.call("GET", `/workspaces/${server.orgId}/usage${query}`);
    assert.equal(reply.status, 400, query);
  }
});
