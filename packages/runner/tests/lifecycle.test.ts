import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { sourceCode, TestHost } from "../testing/index.ts";

const PID = sourceCode("globalThis.id ??= Math.random(); return globalThis.id;");

describe("the processes of many deployments", () => {
  test("200 deployments take turns in 6 places, the least recently used one goes first", async () => {
    await using host = await TestHost.start({ maxProcesses: 6, blankCount: 2 });
    const deployments = Array.from({ length: 200 }, () => host.deploy(PID));
    const first = await host.run(deployments[0] as (typeof deployments)[0]);
    for (let at = 0; at < deployments.length; at += 10) {
      const results = await Promise.all(deployments.slice(at, at + 10).map((deployment) => host.run(deployment)));
      assert.deepEqual(
        results.map(({ error }) => error),
        Array(10).fill(null),
      );
      assert.ok(host.host.stats().processes <= 6);
    }
    const again = await host.run(deployments[0] as (typeof deployments)[0]);
    assert.notEqual(again.returnValue, first.returnValue);
    const latest = await host.run(deployments[199] as (typeof deployments)[0]);
    assert.equal((await host.run(deployments[199] as (typeof deployments)[0])).returnValue, latest.returnValue);
  });

  test("a process that was idle for long enough is ended", async () => {
    await using host = await TestHost.start({ idleTimeoutMs: 50 });
    await host.runBody("return 1;");
    assert.equal(host.host.stats().processes, 1);
    while (host.host.stats().processes > 0) await turn();
    assert.equal(host.host.stats().deployments, 0);
  });

  test("a retired deployment ends what it runs and then its process", async () => {
    await using host = await TestHost.start();
    const deployment = host.deploy(sourceCode("await new Promise((r) => setTimeout(r, 200)); return 1;"));
    await host.run(deployment);
    const last = host.run(deployment);
    host.host.retire(deployment.id);
    assert.equal((await last).returnValue, "1");
    while (host.host.stats().processes > 0) await turn();
  });

  test("no more than 16 runs are in one process at a time, the others wait their turn", async () => {
    await using host = await TestHost.start();
    const body = `globalThis.now = (globalThis.now ?? 0) + 1; globalThis.most = Math.max(globalThis.most ?? 0, globalThis.now);
      await new Promise((r) => setTimeout(r, 20)); globalThis.now--; return globalThis.most;`;
    const deployment = host.deploy(sourceCode(body));
    const results = await Promise.all(Array.from({ length: 50 }, () => host.run(deployment)));
    assert.equal(Math.max(...results.map(({ returnValue }) => Number(returnValue))), 16);
  });

  test("a process is replaced after a run that went on beyond its deadline", async () => {
    await using host = await TestHost.start();
    const deployment = host.deploy(
      sourceCode(
        "globalThis.id ??= Math.random(); if (event.hang) await new Promise((r) => setTimeout(r, 1e6)); return globalThis.id;",
      ),
    );
    const first = await host.run(deployment);
    await host.run(deployment, { event: '{"hang":true}', timeoutMs: 100 });
    assert.notEqual((await host.run(deployment)).returnValue, first.returnValue);
  });

  test("a process is replaced after 10,000 runs, and no run notices", async () => {
    await using host = await TestHost.start();
    const deployment = host.deploy(PID);
    const seen = new Set<string | null>();
    for (let batch = 0; batch < 105; batch++) {
      const results = await Promise.all(Array.from({ length: 100 }, () => host.run(deployment)));
      for (const { returnValue, error } of results) {
        assert.equal(error, null);
        seen.add(returnValue);
      }
    }
    assert.equal(seen.size, 2);
  });
});

describe("code that cannot be loaded", () => {
  test("is refused with the user's own message and stack within the time limit", async () => {
    await using host = await TestHost.start();
    const inspect = (code: string): Promise<unknown> =>
      host.host.inspect({ code, dependencyDir: null }, { orgId: "o_test", timeoutMs: 500 });
    await assert.rejects(inspect(`throw new Error("at import");`), {
      name: "ComponentCodeError",
      message: /at import/,
    });
    await assert.rejects(inspect("while (true) {}"), { name: "ComponentCodeError", message: /within 0.5 s/ });
    await assert.rejects(inspect("await new Promise(() => {});"), { name: "ComponentCodeError" });
    await assert.rejects(inspect("export const x = 1;"), { name: "ComponentCodeError" });
    await assert.rejects(inspect("const all = []; while (true) all.push({ a: [1] });"), { name: "ComponentCodeError" });
  });

  test("fails its runs with LOAD_FAILED", async () => {
    await using host = await TestHost.start();
    const result = await host.run(host.deploy(`throw new Error("at import");`));
    assert.equal(result.error?.code, "LOAD_FAILED");
    assert.match(result.error.message, /at import/);
  });

  test("fails when its dependencies lie outside the store", async () => {
    await using host = await TestHost.start();
    const bundle = { code: PID, dependencyDir: "/etc" };
    assert.equal((await host.run(host.deploy("", { bundle }))).error?.code, "UNAVAILABLE");
  });
});
