import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { InsideChild } from "../testing-child.ts";
import { returnedBy, TestClient } from "../testing-client.ts";

/** A code step whose `run` has the given body. */
const code = (body: string, more = ""): string =>
  `export default defineComponent({ ${more} async run({ $, steps }) { ${body} } });`;
const runStep = async (body: string, ...rest: Parameters<TestClient["step"]>) =>
  (await TestClient.workflow(code(body))).step(...rest);

describe("a step", () => {
  it("sees steps and exports what it returns and names", async () => {
    const outcome = await runStep(
      `$.export("$summary", "Done"); $.export("n", 1); $.export("n", 2); $.export("gone", 1); $.export("gone", undefined);
       const list = [1]; $.export("list", list); list.push(2);
       return { greeting: "Hello " + steps.trigger.event.body.name, f() {}, d: new Date(0), big: 10n };`,
      { trigger: { event: { body: { name: "Ann" } }, context: {} } },
    );
    assert.deepEqual(returnedBy(outcome), { greeting: "Hello Ann", d: "1970-01-01T00:00:00.000Z", big: "10" });
    assert.deepEqual(outcome.step, {
      exports: { $summary: `"Done"`, n: "2", list: "[1]" },
      evaluatedProps: "{}",
      flow: null,
      sends: [],
    });
  });

  it("keeps what it exported before it threw, and tells its error by its own stack", async () => {
    const outcome = await runStep(`$.export("debug", { a: 1 }); $.flow.exit(); throw new TypeError("no good");`);
    assert.equal(outcome.error?.code, "USER_ERROR");
    assert.match(outcome.error?.stack ?? "", /TypeError: no good\n {4}at Object\.run \(code\.mjs:1:\d+\)/);
    assert.deepEqual(outcome.step?.exports, { debug: `{"a":1}` });
  });

  it("has this without $emit, and an import error of one step fails that step alone", async () => {
    const steps = await TestClient.workflow({
      bad: `import "not-there-at-all"; export default {};`,
      late: `throw new Error("at load");`,
      good: code(
        `return [typeof this.$emit, this.twice(2), this.text];`,
        `props: { text: "string" }, methods: { twice: (n) => n * 2 },`,
      ),
      none: `export default { name: "x" };`,
    });
    assert.match((await steps.step({}, { module: "bad" })).error?.message ?? "", /not-there-at-all/);
    const late = await steps.step({}, { module: "late" });
    assert.match(late.error?.stack ?? "", /Error: at load\n {4}at late\.mjs:1:7/);
    assert.equal((await steps.step({}, { module: "late" })).error?.message, "at load");
    assert.deepEqual(returnedBy(await steps.step({}, { module: "good", props: { text: "t" } })), ["undefined", 4, "t"]);
    assert.match((await steps.step({}, { module: "none" })).error?.message ?? "", /no run function/);
    assert.match((await steps.step({}, { module: "other" })).error?.message ?? "", /no code for the step "other"/);
  });

  it("fails for exports that refer to themselves, are too large or too deep", async () => {
    const loop = await runStep(`const a = {}; a.a = a; return a;`);
    assert.match(loop.error?.message ?? "", /^The return value cannot be JSON: Converting circular structure/);
    const large = await runStep(`$.export("a", "x".repeat(4e6)); return "y".repeat(3e6);`);
    assert.deepEqual([large.error?.code, large.error?.name], ["RESULT_TOO_LARGE", "Function Payload Limit Exceeded"]);
    assert.equal(large.step?.exports["a"]?.length, 4e6 + 2);
    const replaced = await runStep(`for (let i = 0; i < 5; i++) $.export("a", "x".repeat(4e6));`);
    assert.equal(replaced.error, null);
    for (const depth of [300, 50_000]) {
      const deep = await runStep(`let a = 1; for (let i = 0; i < ${depth}; i++) a = [a]; $.export("deep", a);`);
      assert.deepEqual(
        [deep.error?.code, deep.error?.name],
        ["RESULT_TOO_LARGE", "JSON Nested Property Limit Exceeded"],
      );
    }
  });

  it("knows its context and a deadline", async () => {
    const context = { id: "run", run: { runs: 2, context: { page: 3 } } };
    const outcome = await runStep(
      `return [$.context.id, $.context.run, $.context.deadline > Date.now(), $.context.test];`,
      {},
      { context },
    );
    assert.deepEqual(returnedBy(outcome), ["run", { runs: 2, context: { page: 3 } }, true, false]);
  });

  it("has a $.service.db of its own", async () => {
    const steps = await TestClient.workflow(
      code(`this.db.set("n", (this.db.get("n") ?? 0) + 1);`, `props: { db: "$.service.db" },`),
    );
    assert.deepEqual((await steps.step({}, { db: { n: "4" } })).dbWrites, { n: "5" });
  });

  it("survives taking $ apart", async () => {
    const outcome = await runStep(
      `const { export: set, flow: { exit }, send: { sse } } = $; set("a", 1); exit("why"); sse({ channel: "c", payload: 1 });`,
    );
    assert.deepEqual(outcome.step?.flow, { kind: "exit", reason: "why" });
  });
});

describe("$.flow", () => {
  it("records what is asked last, and returns the URLs at once", async () => {
    const outcome = await runStep(`$.flow.suspend(); return $.flow.delay(1500.4, { ignored: true });`);
    const urls = { resume_url: "https://api.test/resume", cancel_url: "https://api.test/cancel" };
    assert.deepEqual(returnedBy(outcome), urls);
    assert.deepEqual(outcome.step?.flow, { kind: "delay", delayMs: 1500 });
    const suspended = await runStep(`$.flow.exit(); $.flow.suspend();`);
    assert.deepEqual(suspended.step?.flow, { kind: "suspend", timeoutMs: 86_400_000 });
  });

  it("refuses pauses that are no time, or longer than a year", async () => {
    for (const call of ["delay(0)", "delay()", "delay('soon')", "suspend(1e12)", "rerun(-1)", "rerun(1, {}, -1)"]) {
      const outcome = await runStep(`$.flow.${call}`);
      assert.equal(outcome.error?.name, "RangeError", call);
      assert.equal(outcome.step?.flow, null);
    }
  });

  it("runs a step again with a context, until its retries are used up", async () => {
    const body = `$.flow.delay(5); return $.flow.rerun(1000, { page: 1, when: new Date(0) }, 2);`;
    const first = await runStep(body);
    const context = { page: 1, when: "1970-01-01T00:00:00.000Z" };
    assert.deepEqual(first.step?.flow, { kind: "rerun", delayMs: 1000, context, maxRetries: 2 });
    const third = await runStep(body, {}, { context: { run: { runs: 3 } } });
    assert.deepEqual(third.step?.flow, { kind: "delay", delayMs: 5 });
    assert.equal((returnedBy(third) as { resume_url: string }).resume_url, "https://api.test/resume");
  });

  it("only prints a line in a test", async () => {
    await using child = await InsideChild.withSteps(code(`return $.flow.suspend();`));
    const outcome = await child.step({}, { isTest: true });
    assert.equal(outcome.step?.flow, null);
    assert.match(outcome.logs[0]?.msg ?? "", /^Workflow execution canceled — this may be due to \$\.flow\.suspend\(\)/);
  });

  it("triggers other workflows, with their result or their error", async () => {
    const client = await TestClient.workflow(
      code(`return await $.flow.trigger("p_other", { a: 1 }, { result_type: "all_exports" });`),
    );
    client.answerCall = (method, params) => ({ method, ...params });
    const expected = { method: "flow.trigger", workflowId: "p_other", event: { a: 1 }, resultType: "all_exports" };
    assert.deepEqual(returnedBy(await client.step()), expected);
    client.answerCall = () => {
      throw new RangeError("no such workflow");
    };
    const failed = await client.step();
    assert.deepEqual([failed.error?.name, failed.error?.message], ["RangeError", "no such workflow"]);
  });
});

describe("$.send", () => {
  it("collects what is to be delivered, as it was when it was called", async () => {
    const outcome = await runStep(`
      const event = { a: 1 }; $.send.emit(event); event.a = 2; $.send.emit(event, "channel"); $.send.emit({ raw_event: { b: 1 }, event: "old" });
      $.send.http({ method: "POST", url: "https://example.com", data: { x: [1] } });
      $.send.email({ subject: "s", text: "t" }); $.send.s3({ bucket: "b", prefix: "p", payload: "text" });
      $.send.sse({ channel: "c", payload: null }); $.send.sql({ table: "t", payload: {} }); $.send.sms("hi");`);
    assert.deepEqual(
      outcome.step?.sends.map(({ kind, payload }) => [kind, JSON.parse(payload) as unknown]),
      [
        ["emit", { event: { a: 1 }, channel: "" }],
        ["emit", { event: { a: 2 }, channel: "channel" }],
        ["emit", { event: { b: 1 }, channel: "old" }],
        ["http", { method: "POST", url: "https://example.com", data: { x: [1] } }],
        ["email", { subject: "s", text: "t" }],
        ["s3", { bucket: "b", prefix: "p", payload: "text" }],
        ["sse", { channel: "c", payload: null }],
        ["sql", { table: "t", payload: {} }],
        ["sms", { message: "hi" }],
      ],
    );
  });

  it("says at the call what is wrong with it", async () => {
    for (const call of [
      `http({ method: "post", url: "https://x" })`,
      `http({ method: "POST" })`,
      `http("https://x")`,
      `email({ subject: 1 })`,
      `emit("text")`,
      `sse({ channel: "c" })`,
      `s3({ bucket: "b", payload: 1 })`,
    ]) {
      const kind = call.slice(0, call.indexOf("("));
      const outcome = await runStep(`try { $.send.${call} } catch (error) { return error.message }`);
      assert.match(String(returnedBy(outcome)), new RegExp(`^\\$send\\.${kind}: invalid value`), call);
      assert.deepEqual(outcome.step?.sends, []);
    }
  });
});

describe("$.respond", () => {
  it("answers with the first of several calls", async () => {
    const outcome = await runStep(
      `const { respond } = $; await respond({ status: 201, headers: { a: 1 }, body: { x: 1 } }); await respond({ status: 500, immediate: true });`,
    );
    const headers = { a: "1", "content-type": "application/json; charset=utf-8" };
    assert.deepEqual(outcome.responses, [{ status: 201, headers, body: `{"x":1}`, isBase64: false }]);
  });

  it("reads a stream to its end, and refuses one that is to be immediate", async () => {
    const stream = `(await import("node:stream")).Readable.from(["a", Buffer.from("b")])`;
    const outcome = await runStep(`await $.respond({ body: ${stream} });`);
    assert.deepEqual(
      outcome.responses.map(({ body }) => Buffer.from(body, "base64").toString()),
      ["ab"],
    );
    const refused = await runStep(`await $.respond({ immediate: true, body: ${stream} });`);
    assert.match(refused.error?.message ?? "", /cannot be answered with immediate/);
  });

  it("tells of a status and of a body that cannot be sent", async () => {
    const number = await runStep(`await $.respond({ status: 200, body: 5 });`);
    assert.deepEqual([number.error, number.responses], [null, []]);
    assert.match(number.logs[0]?.err?.message ?? "", /body must be a text/);
    const status = await runStep(`await $.respond({ status: 2000, body: "x" });`);
    assert.match(status.logs[0]?.err?.message ?? "", /status must be a whole number from 200 to 599; 200 was answered/);
    const large = await runStep(`await $.respond({ body: "x".repeat(7e6) });`);
    assert.match(large.error?.message ?? "", /larger than 6 MB/);
  });
});

describe("code that goes on after its step", () => {
  it("gets a warning that counts timers, requests and calls", async () => {
    const fetching = `fetch("http://127.0.0.1:" + server.address().port).catch(() => {})`;
    const withServer = (body: string) =>
      `const { createServer, get } = await import("node:http"); const server = createServer(() => {}).unref();
       await new Promise((done) => server.listen(0, "127.0.0.1", done)); ${body}`;
    for (const [body, expected] of [
      [`setTimeout(() => {}, 2000); setInterval(() => {}, 1000);`, "2 timers"],
      [withServer(`${fetching}; await new Promise((done) => setTimeout(done, 30));`), "1 HTTP request"],
      [withServer(`get("http://127.0.0.1:" + server.address().port).on("error", () => {});`), "1 HTTP request"],
      [`$.flow.trigger("p_1", {}).catch(() => {});`, "1 call"],
    ] as const) {
      await using child = await InsideChild.withSteps(code(body));
      child.answerCall = () => new Promise(() => {});
      const { error, logs } = await child.step();
      assert.deepEqual([error, logs.length, logs[0]?.k], [null, 1, "warning"], body);
      assert.ok(
        logs[0]?.msg?.startsWith(`This step was still trying to run code when the step ended (${expected}).`),
        logs[0]?.msg,
      );
    }
  });

  it("gets none when everything is done, cleared or unreferenced", async () => {
    const body = `const { createServer, get } = await import("node:http"); const server = createServer((q, r) => r.end("x"));
      await new Promise((done) => server.listen(0, "127.0.0.1", done)); const url = "http://127.0.0.1:" + server.address().port;
      await (await fetch(url)).text(); await new Promise((done) => get(url, (r) => r.resume().on("end", done)));
      await fetch("http://127.0.0.1:1").catch(() => {}); server.close(); server.closeAllConnections();
      setTimeout(() => {}, 1000).unref(); clearTimeout(setTimeout(() => {}, 1000)); await new Promise((done) => setTimeout(done, 5));`;
    await using child = await InsideChild.withSteps(code(body));
    assert.deepEqual((await child.step()).logs, []);
  });
});

describe("process.env", () => {
  it("shows the workflow's variables to code steps, each run its own, and to nothing else", async () => {
    const body = `const { execFileSync } = await import("node:child_process"); process.env.MINE = "1";
      return [process.env.TOKEN, "TOKEN" in process.env, Object.keys(process.env).sort().join(), { ...process.env }.TOKEN,
        execFileSync(process.execPath, ["-p", "process.env.TOKEN"], { encoding: "utf8" }).trim()];`;
    await using child = await InsideChild.withSteps(code(body));
    const outcomes = await Promise.all(["a", "b"].map((TOKEN) => child.step({}, { envVars: { TOKEN } })));
    assert.deepEqual(returnedBy(outcomes[0] as never), ["a", true, "MINE,TOKEN", "a", "a"]);
    assert.deepEqual(returnedBy(outcomes[1] as never), ["b", true, "MINE,TOKEN", "b", "b"]);
    const published = await child.step({}, { envVars: { TOKEN: "a" }, isCodeStep: false });
    assert.deepEqual(returnedBy(published), [null, false, "MINE", null, "undefined"]);
  });
});
