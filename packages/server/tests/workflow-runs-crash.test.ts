import assert from "node:assert/strict";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { TestReceiver } from "../testing/index.ts";
import { Instance, removeDataDir, SeededRandom, type ApiCaller } from "../testing/instance/index.ts";
import { nodeStep, type TestWorkflowRun } from "../testing/test-runs.ts";

const RUNS = 60;
const KILLS = 4;
const SETTLE_MS = 60_000;

/** Each step tells the receiver that it runs, so that what ran twice is seen. */
function stepsFor(receiverUrl: string): object[] {
  const tell = (name: string): string =>
    `await fetch(${JSON.stringify(receiverUrl)}, { method: "POST", body: steps.trigger.event.n + " ${name} " + ($.context.run.runs) });`;
  return [
    nodeStep("a", `${tell("a")} return 1;`),
    nodeStep("wait", `${tell("wait")} if (steps.trigger.event.n % 3 === 0) $.flow.delay(200);`),
    nodeStep(
      "flaky",
      `${tell("flaky")} const { run } = $.context; if (steps.trigger.event.n % 3 === 1 && run.runs === 1) $.flow.rerun(100);`,
    ),
    nodeStep("z", `${tell("z")} if (steps.trigger.event.n % 5 === 0) throw new Error("as asked"); return 2;`),
  ];
}

test("kill -9 amid mixed runs: each accepted event has one run that ends, and only a step in flight runs again", async (t) => {
  const random = new SeededRandom();
  t.diagnostic(`replay with MILLRACE_TEST_SEED=${random.seed}`);
  const dataDir = await mkdtemp(join(tmpdir(), "millrace-runs-"));
  const receiver = await TestReceiver.start();
  let instance = await Instance.start({ dataDir, env: { MILLRACE_EGRESS_ALLOW: "127.0.0.0/8,::1/128" } });
  try {
    const api = await instance.caller();
    const workflow = await api.data<{ id: string }>("POST", "/workflows", { steps: stepsFor(receiver.url) });
    const accepted = new Map<string, number>();
    for (let kill = 0; kill < KILLS; kill++) {
      await startSome(api, { workflowId: workflow.id, accepted, until: ((kill + 1) * RUNS) / KILLS });
      await delay(random.between(20, 300));
      instance.killTree();
      await instance.exited;
      instance = await instance.restart();
    }
    const runs = await ended(api, [...accepted.keys()]);
    const listed = await allRuns(api, workflow.id);
    assert.deepEqual(
      listed.map(({ id }) => id).filter((id) => !accepted.has(id)),
      [],
      "runs of events nobody accepted",
    );
    for (const run of runs) {
      const n = accepted.get(run.id) ?? 0;
      assert.equal(run.status, n % 5 === 0 ? "error" : "success", `run ${n}: ${JSON.stringify(run.error)}`);
      assert.deepEqual(
        run.steps.map(({ namespace }) => namespace),
        ["a", "wait", "flaky", "z"],
      );
    }
    const repeats = assertOrder(receiver.requests.map(({ body }) => body));
    t.diagnostic(`${runs.length} runs, ${repeats} steps ran again after ${KILLS} kills`);
  } finally {
    instance.killTree();
    await instance.exited;
    await receiver.close();
    await removeDataDir(dataDir);
  }
});

const ORDER = ["a 1", "wait 1", "flaky 1", "flaky 2", "z 1"];

/**
 * A step begins when the one before it is recorded: had a recorded step run again, something that comes earlier in a run
 * would be told after something later. Returns how many steps ran again.
 */
function assertOrder(told: readonly string[]): number {
  let repeats = 0;
  const runs = Map.groupBy(told, (text) => text.slice(0, text.indexOf(" ")));
  for (const [n, texts] of runs) {
    const places = texts.map((text) => ORDER.indexOf(text.slice(n.length + 1)));
    assert.deepEqual(
      places,
      places.toSorted((a, b) => a - b),
      `run ${n}: ${texts.join(", ")}`,
    );
    const again = places.length - new Set(places).size;
    assert.ok(again <= KILLS, `run ${n} repeated ${again} steps`);
    repeats += again;
  }
  return repeats;
}

async function startSome(
  api: ApiCaller,
  how: { workflowId: string; accepted: Map<string, number>; until: number },
): Promise<void> {
  const { workflowId, accepted, until } = how;
  const numbers = Array.from({ length: until - accepted.size }, (_, index) => accepted.size + index);
  await Promise.all(
    numbers.map(async (n) => {
      const { id } = await api.data<{ id: string }>("POST", `/workflows/${workflowId}/runs`, { event: { n } });
      accepted.set(id, n);
    }),
  );
}

async function allRuns(api: ApiCaller, workflowId: string): Promise<{ id: string }[]> {
  const reply = await api.call("GET", `/workflows/${workflowId}/runs?limit=100`);
  return (reply.body as { data: { id: string }[] }).data;
}

async function ended(api: ApiCaller, ids: readonly string[]): Promise<TestWorkflowRun[]> {
  const endMs = Date.now() + SETTLE_MS;
  return Promise.all(
    ids.map(async (id) => {
      for (;;) {
        const run = await api.data<TestWorkflowRun>("GET", `/runs/${id}`);
        if (["success", "error", "cancelled"].includes(run.status)) return run;
        assert.ok(Date.now() < endMs, `the run ${id} is ${run.status} still`);
        await delay(200);
      }
    }),
  );
}
