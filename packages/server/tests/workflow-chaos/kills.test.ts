import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { SeededRandom, type ApiCaller } from "../../testing/instance/index.ts";
import type { TestWorkflowRun } from "../../testing/test-runs.ts";
import { ChaosLoad, type Sent } from "./chaos-load.ts";
import { ChaosScene } from "./chaos-scene.ts";
import type { DeployedKind } from "./chaos-workflows.ts";
import { assertNoneAgain } from "./told-steps.ts";

const RUNS = 1_000;
const KILLS = 8;
const KILLS_OF_GROUP = 2;
const SENDERS = 12;
const PAUSE_MS = 60;
const READERS = 8;
const SETTLE_MS = 60_000;

test("kill -9 amid 1,000 mixed runs: each accepted event has one run that ends, and no recorded step runs again", async (t) => {
  const random = new SeededRandom();
  t.diagnostic(`replay with MILLRACE_TEST_SEED=${random.seed}`);
  await using scene = await ChaosScene.start(random);
  const load = new ChaosLoad({ api: scene.api, kinds: scene.kinds, random, wanted: RUNS, pauseMs: PAUSE_MS });
  const sending = load.run(SENDERS);
  const watching = scene.watch();
  const startsMs: number[] = [];
  for (let kill = 0; kill < KILLS; kill++) {
    await acceptedMore(load, ((kill + random.between(0.2, 0.9)) * RUNS) / KILLS);
    await delay(random.between(0, 50));
    startsMs.push(await scene.kill(kill % (KILLS / KILLS_OF_GROUP) === 2 ? "group" : "server"));
  }
  await sending;
  const settledMs = await settled(scene);
  await scene.quiet();
  await watching;
  t.diagnostic(
    `starts took ${startsMs.map(Math.round).join(", ")} ms; all runs had ended ${settledMs} ms after the last event`,
  );
  const runs = await readRuns(scene);
  assertRuns(t, { runs, sent: load.sent });
  const repeats = assertNoneAgain(scene.requests, scene);
  t.diagnostic(
    `${scene.requests.length} steps began, ${repeats} of them again; ${scene.shown.length} were seen as done`,
  );
});

async function acceptedMore(load: ChaosLoad, count: number): Promise<void> {
  while (load.accepted < count) await delay(2);
}

/** Waits until no run is on its way. Returns how long that took. */
async function settled({ api, kinds, output }: ChaosScene): Promise<number> {
  const startedAtMs = performance.now();
  for (;;) {
    const open = await Promise.all(kinds.map((kind) => openRuns(api, kind)));
    if (open.every(({ count }) => count === 0)) return Math.round(performance.now() - startedAtMs);
    const isLate = performance.now() - startedAtMs > SETTLE_MS;
    assert.ok(!isLate, `not ended: ${JSON.stringify(open.filter(({ count }) => count > 0))}\n${output}`);
    await delay(100);
  }
}

async function openRuns(api: ApiCaller, { workflowId, name }: DeployedKind): Promise<{ name: string; count: number }> {
  const lists = await Promise.all(
    ["queued", "running", "paused"].map((status) => page(api, workflowId, `status=${status}&limit=1`)),
  );
  return { name, count: lists.reduce((sum, { page_info }) => sum + page_info.total_count, 0) };
}

interface RunPage {
  page_info: { total_count: number; end_cursor: string | null };
  data: { id: string }[];
}

async function page(api: ApiCaller, workflowId: string, query: string): Promise<RunPage> {
  const reply = await api.call("GET", `/workflows/${workflowId}/runs?${query}`);
  assert.equal(reply.status, 200, JSON.stringify(reply.body));
  return reply.body as RunPage;
}

/** All runs, whole. */
async function readRuns({ api, kinds }: ChaosScene): Promise<TestWorkflowRun[]> {
  const ids = (await Promise.all(kinds.map(({ workflowId }) => idsOf(api, workflowId)))).flat();
  const runs: TestWorkflowRun[] = [];
  const read = async (): Promise<void> => {
    for (let id = ids.pop(); id !== undefined; id = ids.pop()) {
      runs.push(await api.data<TestWorkflowRun>("GET", `/runs/${id}`));
    }
  };
  await Promise.all(Array.from({ length: READERS }, read));
  return runs;
}

async function idsOf(api: ApiCaller, workflowId: string): Promise<string[]> {
  const ids: string[] = [];
  for (let after = ""; ;) {
    const { data, page_info } = await page(api, workflowId, `limit=100${after === "" ? "" : `&after=${after}`}`);
    ids.push(...data.map(({ id }) => id));
    if (data.length === 0 || ids.length >= page_info.total_count || page_info.end_cursor === null) return ids;
    after = encodeURIComponent(page_info.end_cursor);
  }
}

const numberOf = ({ trigger: { event } }: TestWorkflowRun): number =>
  ((event["body"] ?? event) as unknown as { n: number }).n;

/** Each accepted event has exactly one run, an event of which nothing is known at most one, and each run has ended as it ought to. */
function assertRuns(t: TestContext, { runs, sent }: { runs: readonly TestWorkflowRun[]; sent: readonly Sent[] }): void {
  const byNumber = Map.groupBy(runs, numberOf);
  const statuses: Record<string, number> = {};
  for (const { n, kind, status, body } of sent) {
    const found = byNumber.get(n) ?? [];
    byNumber.delete(n);
    statuses[`${status}`] = (statuses[`${status}`] ?? 0) + 1;
    if (status === 200) assert.equal(found.length, 1, `${kind.name} ${n} was accepted and has ${found.length} runs`);
    assert.ok(found.length <= 1, `${kind.name} ${n} has ${found.length} runs`);
    if (status === 200 && kind.http?.answers) assert.equal(body, JSON.stringify({ n }));
    for (const run of found) assertEnded(run, { n, kind });
  }
  assert.deepEqual([...byNumber.keys()], [], "runs of events that nobody sent");
  assert.deepEqual(
    Object.keys(statuses).filter((status) => !["200", "503", "null"].includes(status)),
    [],
  );
  t.diagnostic(`${runs.length} runs; answers by status: ${JSON.stringify(statuses)}`);
}

function assertEnded(run: TestWorkflowRun, { n, kind }: { n: number; kind: DeployedKind }): void {
  const described = `${kind.name} ${n}: ${JSON.stringify(run)}`;
  assert.equal(run.status, kind.status, described);
  const outer = run.steps.filter(({ type, index }) => type === "step" && index === undefined);
  assert.deepEqual(outer.map(({ namespace }) => namespace).toSorted(), kind.namespaces.toSorted(), described);
  const last = outer.at(-1);
  const returns: Record<string, unknown> = { suspended: n, delayed: n, answering: n, languages: n, blocks: [1, 2, 3] };
  if (kind.name in returns) assert.deepEqual(last?.return_value, returns[kind.name], described);
}
