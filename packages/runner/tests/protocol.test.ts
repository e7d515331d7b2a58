import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { SandboxEndedError } from "../src/pool/index.ts";
import { sourceCode, TestHost } from "../testing/index.ts";

const fixture = (name: string): string => fileURLToPath(new URL(`fixtures/${name}.ts`, import.meta.url));
const inside = (main: string): { main: string; hook: string } => ({ main: fixture(main), hook: fixture("empty-hook") });

describe("a process that breaks the protocol is ended, and its run says so", { concurrency: 4 }, () => {
  let host: TestHost;
  before(async () => {
    host = await TestHost.start({ inside: inside("hostile-main"), blankCount: 2 });
  });
  after(() => host[Symbol.asyncDispose]());

  const forgeries: Record<string, string> = {
    "bytes that are no frame": `raw(Buffer.alloc(64, 0xff));`,
    "a length over the limit": `const h = Buffer.alloc(9); h.writeUInt32LE(17 * 1024 * 1024); raw(h);`,
    "a body that is not JSON": `raw(Buffer.from([1, 0, 0, 0, FrameType.result, 1, 0, 0, 0, 0x7b]));`,
    "an unknown type": `send(200, 1, {});`,
    "a frame of the parent's own": `send(FrameType.invoke, 1, {});`,
    "a result of a run that is not in flight": `send(FrameType.result, 77, result);`,
    "a second ready": `send(FrameType.ready, 0, {});`,
    "a second loaded": `send(FrameType.loaded, 0, { definition });`,
    "a pong that nobody asked for": `send(FrameType.pong, 0, { lagMs: 0, rssBytes: 1 });`,
    "a result that is a list": `send(FrameType.result, 1, []);`,
    "a result without emits": `send(FrameType.result, 1, { ...result, emits: undefined });`,
    "an event that is not JSON": `send(FrameType.result, 1, { ...result, emits: [{ event: "{", channel: "" }] });`,
    "an event nested beyond what a database bears": `send(FrameType.result, 1, { ...result, emits: [{ event: "[".repeat(5000) + "]".repeat(5000), channel: "" }] });`,
    "a channel that is a number": `send(FrameType.partial, 1, { emits: [{ event: "1", channel: 7 }], logs: [], dbWrites: {} });`,
    "a timestamp that is no time": `send(FrameType.result, 1, { ...result, emits: [{ event: "1", channel: "", ts: 1e300 }] });`,
    "a db value that is not JSON": `send(FrameType.result, 1, { ...result, dbWrites: { a: "nope" } });`,
    "an export that is not JSON": `send(FrameType.result, 1, { ...result, step: { ...step, exports: { a: "nope" } } });`,
    "evaluated props that are no text": `send(FrameType.result, 1, { ...result, step: { ...step, evaluatedProps: {} } });`,
    "a flow request of its own invention": `send(FrameType.result, 1, { ...result, step: { ...step, flow: { kind: "forever" } } });`,
    "a pause of a thousand years": `send(FrameType.result, 1, { ...result, step: { ...step, flow: { kind: "delay", delayMs: 4e13 } } });`,
    "a rerun with a context beyond what a database bears": `const context = JSON.parse("[".repeat(3000) + "]".repeat(3000));
      send(FrameType.result, 1, { ...result, step: { ...step, flow: { kind: "rerun", delayMs: 1, context, maxRetries: 1 } } });`,
    "a delivery of an unknown kind": `send(FrameType.result, 1, { ...result, step: { ...step, sends: [{ kind: "carrier pigeon", payload: "{}" }] } });`,
    "exports without end": `const exports = Object.fromEntries(Array.from({ length: 10_001 }, (_, i) => [i, "1"]));
      send(FrameType.result, 1, { ...result, step: { ...step, exports } });`,
    "a call that is no object": `send(FrameType.rpc, 1, "dataStore.get");`,
    "a call without a number": `send(FrameType.rpc, 1, { call: 1.5, method: "dataStore.get", params: {} });`,
    "a method that is a novel": `send(FrameType.rpc, 1, { call: 1, method: "x".repeat(100), params: {} });`,
    "a call of a run that is not in flight": `send(FrameType.rpc, 77, { call: 1, method: "dataStore.get", params: {} });`,
    "an answer without a response": `send(FrameType.respond, 1, { immediate: true });`,
    "a channel that no index takes": `send(FrameType.partial, 1, { emits: [{ event: "1", channel: "c".repeat(10_000) }], logs: [], dbWrites: {} });`,
    "a db key that no index takes": `send(FrameType.result, 1, { ...result, dbWrites: { ["k".repeat(10_000)]: "1" } });`,
    "late observations without end": `for (let i = 0; i < 9; i++) send(FrameType.late, 0, { invocationId: "x", observation: { k: "x", ts: 1, msg: "x".repeat(8e5) } });`,
    "partial results without end": `for (let i = 0; i < 9; i++) send(FrameType.partial, 1, { emits: [{ event: JSON.stringify("x".repeat(8e6)), channel: "" }], logs: [], dbWrites: {} });`,
  };
  for (const [name, body] of Object.entries(forgeries)) {
    test(name, async () => {
      const result = await host.run(host.deploy(`if (frame.type === FrameType.invoke) { ${body} }`));
      assert.equal(result.error?.code, "PROTOCOL_ERROR");
    });
  }

  test("calls without end", async () => {
    const body = `if (frame.type === FrameType.invoke) for (let call = 0; call < 33; call++) send(FrameType.rpc, 1, { call, method: "m", params: {} });`;
    const result = await host.run(host.deploy(body), {}, { call: () => new Promise(() => undefined) });
    assert.equal(result.error?.code, "PROTOCOL_ERROR");
  });

  test("a truncated frame followed by death is an ordinary end", async () => {
    const body = `if (frame.type === FrameType.invoke) { raw(Buffer.from([200, 0, 0, 0, FrameType.result])); setTimeout(() => process.exit(5), 20); }`;
    const result = await host.run(host.deploy(body));
    assert.equal(result.error?.code, "EXITED");
  });

  test("codes that mean a silent repetition cannot be claimed, and NUL never reaches a database", async () => {
    const body = `if (frame.type === FrameType.invoke) send(FrameType.result, frame.invocation, { ...result,
      error: { code: "INTERRUPTED", name: "E", message: "m" }, emits: [{ event: "1", channel: "a\\0b", id: "\\0" }], dbWrites: { "k\\0": "1", ["__proto__"]: "2" } });`;
    const result = await host.run(host.deploy(body));
    assert.equal(result.error?.code, "USER_ERROR");
    assert.deepEqual(result.emits, [{ event: "1", channel: "ab", id: "" }]);
    assert.deepEqual(Object.entries(result.dbWrites), [
      ["k", "1"],
      ["__proto__", "2"],
    ]);
  });

  test("a definition with wrong fields fails the load", async () => {
    const body = `if (frame.type === FrameType.load) send(FrameType.loaded, 0, { definition: { ...definition, kind: "virus" } });`;
    await assert.rejects(host.host.inspect({ code: body, dependencyDir: null }, { orgId: "o_test" }), {
      name: "ComponentCodeError",
    });
    const result = await host.run(host.deploy(body));
    assert.equal(result.error?.code, "LOAD_FAILED");
  });

  test("death during the load fails the load", async () => {
    const result = await host.run(host.deploy(`if (frame.type === FrameType.load) process.exit(9);`));
    assert.equal(result.error?.code, "LOAD_FAILED");
  });

  test("a process that ignores its deadline is killed a quarter of a second later", async () => {
    const startedAtMs = performance.now();
    const result = await host.run(host.deploy(""), { timeoutMs: 200 });
    assert.equal(result.error?.code, "TIMEOUT");
    assert.ok(performance.now() - startedAtMs < 1_500);
  });

  test("death while a retired deployment drains ends its last run", async () => {
    const body = `if (frame.type === FrameType.invoke) setTimeout(() => process.exit(1), 100);`;
    const deployment = host.deploy(body);
    const last = host.run(deployment);
    host.host.retire(deployment.id);
    assert.equal((await last).error?.code, "EXITED");
  });

  test("a crash loop is answered at once after a few starts", async () => {
    const deployment = host.deploy(`if (frame.type === FrameType.invoke) process.exit(1);`);
    const codes: (string | undefined)[] = [];
    for (let run = 0; run < 5; run++) codes.push((await host.run(deployment)).error?.code);
    assert.deepEqual(codes, ["EXITED", "EXITED", "EXITED", "UNAVAILABLE", "UNAVAILABLE"]);
  });
});

describe("a sandbox that never becomes ready", () => {
  test("fails the start with what every tier said when its program dies", async () => {
    await assert.rejects(TestHost.start({ inside: inside("dead-main"), tier: "A" }), /tier A: .*exit code 3/);
  });
});

describe("user code that writes to the channel itself", () => {
  test("harms only its own deployment", async () => {
    await using host = await TestHost.start();
    const forger = sourceCode(
      `for (let fd = 3; fd < 40; fd++) try { writeSync(fd, Buffer.alloc(4096, 0xee)); } catch {}
       await new Promise((r) => setTimeout(r, 500));`,
      `import { writeSync } from "node:fs";`,
    );
    const [forged, other] = await Promise.all([host.run(host.deploy(forger)), host.runBody("return 1;")]);
    assert.equal(forged.error?.code, "PROTOCOL_ERROR");
    assert.equal(other.error, null);
  });
});

test("stopping answers whatever is queued or in flight", async () => {
  const host = await TestHost.start();
  const deployment = host.deploy(sourceCode("await new Promise((r) => setTimeout(r, 60000));"));
  await host.run(host.deploy(sourceCode("return 1;")));
  const runs = Array.from({ length: 20 }, () => host.run(deployment, { timeoutMs: 60_000 }));
  await host[Symbol.asyncDispose]();
  for (const result of await Promise.all(runs)) assert.equal(result.error?.code, "UNAVAILABLE");
  assert.equal((await host.run(deployment)).error?.code, "UNAVAILABLE");
  await assert.rejects(host.host.inspect({ code: "", dependencyDir: null }, { orgId: "o_test" }), SandboxEndedError);
});
