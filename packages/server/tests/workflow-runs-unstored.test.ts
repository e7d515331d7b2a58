import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { TestReceiver } from "../testing/index.ts";
import { nodeStep } from "../testing/test-runs.ts";
import { startTestServer, type TestServer } from "../testing/test-server.ts";
import { eventually } from "../testing/test-source.ts";
import { TestWorkflow } from "../testing/test-workflow.ts";

const LOOPBACK = ["127.0.0.0/8", "::1/128"];
let server: TestServer;
let receiver: TestReceiver;
before(async () => {
  receiver = await TestReceiver.start();
  server = await startTestServer({ egressAllow: LOOPBACK });
});
after(async () => {
  await server.close();
  await receiver.close();
});

/** How many rows of any kind tell of a text. */
async function traces(text: string): Promise<number> {
  const { rows } = await server.db.query<{ count: number }>(
    `select (select count(*) from events where payload like $1) + (select count(*) from workflow_runs where workflow_runs::text like $1)
      + (select count(*) from workflow_steps where workflow_steps::text like $1)
      + (select count(*) from workflow_callbacks where request like $1)
      + (select count(*) from scheduled_emits where payload like $1) as count`,
    [`%${text}%`],
  );
  return rows[0]?.count ?? 0;
}

function post(workflow: TestWorkflow, body: object, headers: Record<string, string>): Promise<Response> {
  const type = { "content-type": "application/json" };
  return fetch(workflow.endpoint, { method: "POST", headers: { ...type, ...headers }, body: JSON.stringify(body) });
}

test("a run of a request with x-pd-nostore does all it should, over a pause, and leaves nothing", async () => {
  const steps = [
    nodeStep("one", `console.log("log hidden-1"); $.flow.delay(30); return steps.trigger.event.body.text;`),
    nodeStep(
      "two",
      `$.send.http({ method: "POST", url: ${JSON.stringify(receiver.url)}, data: { text: steps.one.$return_value } });
       await $.respond({ status: 201, body: steps.one.$return_value });`,
    ),
  ];
  const triggers = [{ type: "http", props: {} }];
  const workflow = await TestWorkflow.create(server, { steps, triggers });
  assert.equal((await post(workflow, { text: "hidden-1" }, { "x-pd-nostore": "1" })).status, 200);
  assert.match((await receiver.next()).body, /hidden-1/);
  await eventually(async () => (await traces("hidden-1")) === 0);
  const { rows } = await server.db.query("select 1 from workflow_runs where workflow_id = $1", [workflow.id]);
  assert.equal(rows.length, 0);

  assert.equal((await post(workflow, { text: "shown-1" }, {})).status, 200);
  assert.match((await receiver.next()).body, /shown-1/);
  assert.ok((await traces("shown-1")) > 0);
});

test("its error is told without its event, and its caller is answered", async () => {
  const steps = [
    nodeStep("answer", `await $.respond({ status: 200, body: steps.trigger.event.body.text });`),
    nodeStep("fail", `console.log(steps.trigger.event.body.text); throw new Error("as asked");`),
  ];
  const workflow = await TestWorkflow.create(server, {
    ...{ steps, triggers: [{ type: "http", props: { custom_response: true } }] },
  });
  const reply = await post(workflow, { text: "hidden-2" }, { "x-pd-nostore": "1" });
  assert.deepEqual([reply.status, await reply.text()], [200, "hidden-2"]);
  const payload = await eventually(async () => {
    const { rows } = await server.db.query<{ payload: string }>(
      "select payload from events where emitter_id = $1 and channel = '$errors'",
      [workflow.id],
    );
    return rows[0]?.payload;
  });
  const told = JSON.parse(payload) as { error: { msg: string }; original_event: unknown };
  assert.deepEqual([told.error.msg, told.original_event], ["as asked", null]);
  await eventually(async () => (await traces("hidden-2")) === 0);
});
