import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import type { InvocationResult } from "../src/index.ts";
import { sourceCode, TestHost } from "../testing/index.ts";

let host: TestHost;
before(async () => {
  host = await TestHost.start({ blankCount: 2 });
});
after(() => host[Symbol.asyncDispose]());

const codeOf = (result: InvocationResult): string | undefined => result.error?.code;

describe("code that never returns is ended at its deadline", { concurrency: 4 }, () => {
  const bodies = {
    "a busy loop": "while (true) {}",
    "a backtracking regular expression": `/^(a+)+$/.test("a".repeat(40) + "b");`,
    "Atomics.wait": "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);",
    "an endless chain of microtasks": "const spin = () => Promise.resolve().then(spin); await spin();",
    "a promise that never settles": "await new Promise(() => setTimeout(() => {}, 1e6));",
    "a promise that nothing can settle": "await new Promise(() => {});",
  };
  for (const [name, body] of Object.entries(bodies)) {
    test(name, async () => {
      const startedAtMs = performance.now();
      const result = await host.runBody(`this.$emit({ kept: 1 }); ${body}`, { timeoutMs: 300 });
      assert.equal(codeOf(result), "TIMEOUT");
      assert.ok(performance.now() - startedAtMs < 3_000);
    });
  }

  test("a child process that sleeps", async () => {
    const code = sourceCode(
      `execFileSync(process.execPath, ["-e", "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)"]);`,
      `import { execFileSync } from "node:child_process";`,
    );
    const result = await host.run(host.deploy(code), { timeoutMs: 400 });
    assert.equal(codeOf(result), "TIMEOUT");
  });

  test("what it had emitted a while before is kept", async () => {
    const body = `this.$emit({ kept: 1 }); await new Promise((r) => setTimeout(r, 1500)); while (true) {}`;
    const result = await host.runBody(body, { timeoutMs: 1_900 });
    assert.equal(codeOf(result), "TIMEOUT");
    assert.deepEqual(
      result.emits.map(({ event }) => event),
      ['{"kept":1}'],
    );
  });
});

describe("code that takes too much memory ends only itself", () => {
  const bodies = {
    "many small objects": "const all = []; while (true) all.push({ a: Math.random(), b: [1, 2, 3] });",
    "one big array": "const big = new Array(1e9).fill(1.5); return big.length;",
    "one big text": `let s = "x".repeat(2 ** 28); const all = []; while (true) all.push(JSON.stringify([s, all.length]));`,
  };
  for (const [name, body] of Object.entries(bodies)) {
    test(name, async () => {
      const neighbour = host.deploy(sourceCode("return 1;"));
      await host.run(neighbour);
      const [result, besides] = await Promise.all([host.runBody(body), host.run(neighbour)]);
      assert.ok(
        codeOf(result) === "OUT_OF_MEMORY" || result.error?.name === "RangeError",
        JSON.stringify(result.error),
      );
      assert.equal(besides.error, null);
    });
  }

  test("buffers outside the heap are limited as well", async () => {
    const result = await host.runBody(
      "const all = []; for (let i = 0; i < 40; i++) all.push(Buffer.alloc(32e6, 1)); return 1;",
    );
    assert.ok(codeOf(result) === "OUT_OF_MEMORY" || result.error?.name === "RangeError", JSON.stringify(result.error));
  });

  test("a deployment may be given more", async () => {
    const code = sourceCode("return Buffer.alloc(400e6, 1).length;");
    const result = await host.run(host.deploy(code, { memoryMb: 512 }));
    assert.equal(result.returnValue, "400000000");
  });

  test("worker threads fit into the limit", async () => {
    const code = sourceCode(
      `const workers = [1, 2, 3].map((n) => new Worker("require('worker_threads').parentPort.postMessage(1)", { eval: true }));
       return (await Promise.all(workers.map((worker) => once(worker, "message")))).length;`,
      `import { Worker } from "node:worker_threads"; import { once } from "node:events";`,
    );
    assert.equal((await host.run(host.deploy(code))).returnValue, "3");
  });

  test("child processes count, all together", async () => {
    const code = sourceCode(
      `const bomb = "const all = []; for (let i = 0; i < 10; i++) all.push(Buffer.alloc(25e6, 1)); setTimeout(() => {}, 1e6);";
       for (let i = 0; i < 4; i++) spawn(process.execPath, ["-e", bomb], { stdio: "ignore" });
       await new Promise((resolve) => setTimeout(resolve, 8000));`,
      `import { spawn } from "node:child_process";`,
    );
    assert.equal(codeOf(await host.run(host.deploy(code))), "OUT_OF_MEMORY");
  });

  test("/tmp is limited", async () => {
    const code = sourceCode(
      `const part = Buffer.alloc(16e6, 1); for (let i = 0; i < 40; i++) writeFileSync("/tmp/part" + i, part);`,
      `import { writeFileSync } from "node:fs";`,
    );
    assert.equal((await host.run(host.deploy(code))).error?.message.includes("ENOSPC"), true);
  });
});

describe("code that ends its process", () => {
  test("process.exit fails the run that called it and no other", async () => {
    const code = sourceCode(
      `if (event.exit) process.exit(1); await new Promise((r) => setTimeout(r, 100)); return process.pid;`,
    );
    const deployment = host.deploy(code);
    const [exits, stays] = await Promise.all([host.run(deployment, { event: '{"exit":true}' }), host.run(deployment)]);
    assert.equal(codeOf(exits), "EXITED");
    assert.equal(stays.error, null);
  });

  test("signals to itself are harmless", async () => {
    const code = sourceCode(`try { process.kill(process.pid, "SIGKILL"); } catch {} return 1;`);
    const result = await host.run(host.deploy(code));
    assert.ok(result.error === null || codeOf(result) === "EXITED", JSON.stringify(result.error));
  });

  test("a crash of native code is told apart from running out of memory", async () => {
    const code = sourceCode(`process.dlopen({ exports: {} }, "/bin/node"); process.binding("x");`);
    assert.notEqual(codeOf(await host.run(host.deploy(code))), undefined);
  });
});

describe("code that fails beside its run", () => {
  test("an exception in a timer after the return is reported under the run's id", async () => {
    const code = sourceCode(`setTimeout(() => { throw new Error("too late"); }, 20); return 1;`);
    const deployment = host.deploy(code);
    const result = await host.run(deployment, { id: "run_late" });
    assert.equal(result.error, null);
    await host.run(host.deploy(sourceCode("await new Promise((r) => setTimeout(r, 200));")));
    const late = host.events.find((event) => event.type === "late" && event.invocationId === "run_late");
    assert.ok(late?.type === "late" && late.observation.err?.message === "too late");
    assert.equal((await host.run(deployment)).error, null);
  });

  test("a return value that refers to itself does not end the process", async () => {
    const deployment = host.deploy(sourceCode("const a = {}; a.a = a; return event.ok ? process.uptime() : a;"));
    await host.run(deployment);
    assert.equal((await host.run(deployment, { event: '{"ok":1}' })).error, null);
  });

  test("a flood of log lines is cut", async () => {
    const result = await host.runBody(
      `for (let i = 0; i < 50_000; i++) console.log("line " + i + "x".repeat(100)); return 1;`,
    );
    assert.equal(result.error, null);
    assert.ok(JSON.stringify(result.logs).length < 1_000_000);
  });

  test("a fork bomb stops at the process limit and leaves the others alone", async () => {
    const code = sourceCode(
      `const all = []; let failed = 0;
       for (let i = 0; i < 40; i++) { const c = spawn(process.execPath, ["-e", "setTimeout(() => {}, 5000)"]); c.on("error", () => failed++); all.push(c); }
       await new Promise((r) => setTimeout(r, 1500)); const exited = all.filter((c) => c.exitCode !== null || c.signalCode !== null).length;
       all.forEach((c) => c.kill("SIGKILL")); return { failed, exited };`,
      `import { spawn } from "node:child_process";`,
    );
    const neighbour = host.deploy(sourceCode("return 1;"));
    const [bomb, besides] = await Promise.all([host.run(host.deploy(code)), host.run(neighbour)]);
    assert.equal(besides.error, null);
    const { failed = 0, exited = 0 } = JSON.parse(bomb.returnValue ?? "{}") as { failed?: number; exited?: number };
    assert.ok(bomb.error !== null || failed + exited > 0, JSON.stringify(bomb));
  });

  test("an event of 8 MB goes in and comes out", async () => {
    const event = JSON.stringify({ body: "x".repeat(8 * 1024 * 1024) });
    const result = await host.runBody("this.$emit({ size: event.body.length });", { event });
    assert.deepEqual(
      result.emits.map((emit) => emit.event),
      ['{"size":8388608}'],
    );
  });
});

test("a child process that a run leaves behind is ended soon after it", async () => {
  const code = sourceCode(
    `spawn(process.execPath, ["-e", "for (;;) {}"], { detached: true, stdio: "ignore" }).unref();`,
    `import { spawn } from "node:child_process";`,
  );
  const deployment = host.deploy(code);
  await host.run(deployment);
  const before = host.host.stats().processes;
  while (host.host.stats().processes >= before) await turn();
  assert.equal((await host.run(deployment)).error, null);
});

describe("a stuck run and its neighbours in the same process", () => {
  test("new runs get a second process while the first is stuck", async () => {
    const deployment = host.deploy(sourceCode("if (event.spin) while (true) {} return 1;"));
    await host.run(deployment);
    const stuck = host.run(deployment, { event: '{"spin":true}', timeoutMs: 2_500 });
    while (host.host.stats().stuck === 0) await turn();
    const besides = await Promise.race([host.run(deployment), stuck]);
    assert.equal(besides.error, null);
    assert.equal(codeOf(await stuck), "TIMEOUT");
  });

  test("a run lost to another one's fault is repeated alone when it had no effect", async () => {
    const body = `if (event.boom) { await new Promise((r) => setTimeout(r, 50)); const all = []; while (true) all.push({ a: [1] }); }
      await new Promise((r) => setTimeout(r, 2000)); return "fine";`;
    const deployment = host.deploy(sourceCode(body));
    const [guilty, innocent] = await Promise.all([
      host.run(deployment, { event: '{"boom":true}', timeoutMs: 20_000 }),
      host.run(deployment, { timeoutMs: 20_000 }),
    ]);
    assert.equal(codeOf(guilty), "OUT_OF_MEMORY");
    assert.equal(innocent.returnValue, '"fine"');
  });
});
