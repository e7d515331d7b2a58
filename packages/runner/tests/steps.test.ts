import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { TestHost } from "../testing/index.ts";
import type { Deployment, InvocationListener, InvocationResult, Json, StepInvocation } from "../src/index.ts";

let count = 0;
const code = (body: string): string => `export default defineComponent({ async run({ $, steps }) { ${body} } });`;
const workflow = (host: TestHost, modules: Record<string, string>): Deployment => ({
  ...host.deploy(""),
  bundle: null,
  modules: Object.fromEntries(
    Object.entries(modules).map(([name, body]) => [name, { code: code(body), dependencyDir: null }]),
  ),
  env: { PIPEDREAM_WORKFLOW_ID: "p_1" },
});
const step = (module: string, overrides: Partial<StepInvocation> = {}): StepInvocation => ({
  ...{ kind: "step", id: `step_${count++}`, module, lang: "nodejs", steps: "{}", context: {}, envVars: {} },
  ...{ props: {}, auths: {}, endpoints: {}, db: {}, isCodeStep: true, flowUrls: null, timeoutMs: 10_000 },
  ...overrides,
});
const value = (result: InvocationResult): unknown => {
  assert.equal(result.error, null);
  return JSON.parse(result.returnValue ?? "null") as unknown;
};

describe("steps in a sandbox", () => {
  it("share one process, import their modules when they first run, and answer early", async () => {
    await using host = await TestHost.start();
    const deployment = workflow(host, {
      one: `$.export("n", 1); return [process.pid, process.env.PIPEDREAM_WORKFLOW_ID];`,
      two: `await $.respond({ status: 202, body: "now", immediate: true }); await $.respond({ body: "late" }); return process.pid;`,
      bad: `}`,
    });
    const one = await host.host.invoke(deployment, step("one"));
    const answers: unknown[] = [];
    const listener: InvocationListener = {
      respond: ({ status, body }, { immediate }) => void answers.push([status, body, immediate]),
    };
    const two = await host.host.invoke(deployment, step("two"), listener);
    const [pid, workflowId] = value(one) as [number, string];
    assert.deepEqual([workflowId, value(two)], ["p_1", pid]);
    assert.deepEqual(one.step?.exports, Object.assign(Object.create(null), { n: "1" }));
    assert.deepEqual([answers, two.responded, two.hadEffect], [[[202, "now", true]], true, true]);
    assert.equal((await host.host.invoke(deployment, step("bad"))).error?.name, "SyntaxError");
    const list = await host.host.invoke(deployment, {
      ...{
        kind: "evaluate",
        id: "e",
        expressions: ["steps.a.b > 1"],
        steps: `{"a":{"b":2}}`,
        envVars: {},
        timeoutMs: 5_000,
      },
    });
    assert.deepEqual(value(list), [{ value: true, isTruthy: true }]);
  });

  it("call the server, hundreds of times at once, and learn of its errors", async () => {
    await using host = await TestHost.start();
    const deployment = workflow(host, {
      many: `const all = await Promise.all(Array.from({ length: 200 }, (_, i) => $.flow.trigger("p_" + i, { i })));
        return all.reduce((sum, { i }) => sum + i, 0);`,
      fails: `try { await $.flow.trigger("p_x"); } catch (error) { return [error.name, error.message]; }`,
    });
    let mostAtOnce = 0;
    let atOnce = 0;
    const listener: InvocationListener = {
      async call(method, params): Promise<Json> {
        mostAtOnce = Math.max(mostAtOnce, ++atOnce);
        await Promise.resolve();
        atOnce--;
        if (method !== "flow.trigger") throw new Error("what?");
        return (params as { event: Json }).event;
      },
    };
    const many = await host.host.invoke(deployment, step("many"), listener);
    assert.equal(value(many), 19_900);
    assert.ok(mostAtOnce <= 32, String(mostAtOnce));
    assert.equal(many.hadEffect, true);
    const refuse: InvocationListener = { call: () => Promise.reject(new RangeError("no such workflow")) };
    assert.deepEqual(value(await host.host.invoke(deployment, step("fails"), refuse)), [
      "RangeError",
      "no such workflow",
    ]);
    const alone = await host.host.invoke(deployment, step("fails"));
    assert.deepEqual(value(alone), ["TypeError", "flow.trigger is not available here"]);
  });

  it("keep what they exported when their time is up, and can ask for more", async () => {
    await using host = await TestHost.start();
    const wait = `await new Promise((done) => setTimeout(done, 60));`;
    const deployment = workflow(host, {
      hangs: `$.export("a", 1); $.flow.exit("x"); await new Promise(() => setInterval(() => {}, 1000));`,
      asks: `for (let i = 0; i < 8; i++) { ${wait} $.flow.refreshTimeout(); } return 1;`,
    });
    const hung = await host.host.invoke(deployment, step("hangs", { timeoutMs: 200 }));
    assert.equal(hung.error?.code, "TIMEOUT");
    assert.deepEqual({ ...hung.step?.exports }, { a: "1" });
    assert.equal(value(await host.host.invoke(deployment, step("asks", { timeoutMs: 300 }))), 1);
  });
});
