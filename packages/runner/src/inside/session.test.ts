import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { FrameType } from "../messages.ts";
import type { PongPayload } from "../messages.ts";
import { InsideChild } from "./testing-child.ts";

const dirs: string[] = [];
function packageDir(packages: Record<string, Record<string, string>>): string {
  const dir = mkdtempSync(join(tmpdir(), "millrace-packages-"));
  dirs.push(dir);
  const dependencies = Object.fromEntries(Object.keys(packages).map((name) => [name, "1"]));
  writeFileSync(join(dir, "package.json"), JSON.stringify({ dependencies }));
  for (const [name, files] of Object.entries(packages)) {
    for (const [file, text] of Object.entries(files)) {
      mkdirSync(join(dir, "node_modules", name, file, ".."), { recursive: true });
      writeFileSync(join(dir, "node_modules", name, file), text);
    }
  }
  return dir;
}
after(() => dirs.forEach((dir) => rmSync(dir, { recursive: true })));

async function loadOnce(code: string, options?: Parameters<InsideChild["load"]>[1]) {
  await using child = await InsideChild.start();
  return await child.load(code, options);
}

describe("loading", () => {
  it("resolves imports and requires from the dependency directory, CommonJS defaults included", async () => {
    const dependencyDir = packageDir({
      old: {
        "index.js": `module.exports = () => "cjs"; module.exports.named = "n";`,
        "deep/file.js": `exports.x = "deep";`,
      },
      fresh: { "package.json": `{"type":"module","exports":"./main.js"}`, "main.js": `export const x = "esm";` },
    });
    const code = `import { createRequire } from "node:module"; import old, { named } from "old"; import deep from "old/deep/file.js"; import * as fresh from "fresh";
      const require = createRequire(import.meta.url);
      export default { key: [old(), named, deep.x, fresh.x, require("old")(), process.env.PD_COMPONENT].join(), run: async () => (await import("fresh")).x };`;
    await using child = await InsideChild.start();
    const answer = await child.load(code, { dependencyDir, env: { PD_COMPONENT: "dc_1" } });
    assert.ok("definition" in answer, JSON.stringify(answer));
    assert.equal(answer.definition.key, "cjs,n,deep,esm,cjs,dc_1");
    assert.equal(await child.returned(), "esm");
  });

  it("accepts defineComponent with and without an export, and the author's package", async () => {
    for (const code of [
      `export default defineComponent({ key: "k", run() {} });`,
      `defineComponent({ key: "k", run() {} });`,
      `import { defineComponent as define } from "@millrace/component"; export default define({ key: "k", run() {} });`,
    ]) {
      const answer = await loadOnce(code);
      assert.ok("definition" in answer && answer.definition.key === "k", JSON.stringify(answer));
    }
  });

  it("tells what a module threw, with its own stack through source maps", async () => {
    const map = { version: 3, sources: ["src/mine.ts"], names: [], mappings: "AAAA;AAUA", sourcesContent: [""] };
    const inline = `//# sourceMappingURL=data:application/json;base64,${Buffer.from(JSON.stringify(map)).toString("base64")}`;
    const answer = await loadOnce(`\nthrow new TypeError("at import");\n${inline}`);
    assert.ok("message" in answer);
    assert.equal(answer.message, "TypeError: at import");
    assert.equal(answer.stack, "TypeError: at import\n    at <anonymous> (src/mine.ts:11:1)");
  });

  it("tells of missing packages, syntax errors and exits at import", async () => {
    const messageOf = async (code: string) => {
      const answer = await loadOnce(code);
      return "message" in answer ? answer.message : "loaded";
    };
    assert.match(
      await messageOf(`import "no-such-package";`),
      /Cannot find package 'no-such-package' imported from component\.mjs/,
    );
    assert.match(await messageOf(`export default {`), /^SyntaxError: /);
    assert.match(await messageOf(`process.exit(0);`), /The code called process\.exit\(\)/);
    assert.match(await messageOf(`export const a = 1;`), /^The module exports no component/);
  });

  it("has the platform layer at hand before the deployment is known", async () => {
    const platformDir = packageDir({
      shared: { "index.js": `module.exports = { loadedAt: Date.now() };` },
      broken: { "index.js": `throw new Error("broken");` },
    });
    await using child = await InsideChild.start({ platformDir });
    const readyAtMs = Date.now();
    await child.load(`import shared from "shared"; export default { run: () => shared.loadedAt };`, {
      dependencyDir: platformDir,
    });
    assert.ok(Number(await child.returned()) <= readyAtMs);
  });

  it("takes a package loaded ahead in place of the same version in another set, and no other version", async () => {
    const shared = (version: string, text: string) => ({
      shared: { "package.json": JSON.stringify({ version }), "index.js": `module.exports = "${text}";` },
    });
    const platformDir = packageDir(shared("1.2.3", "loaded ahead"));
    for (const [version, seen] of [
      ["1.2.3", "loaded ahead"],
      ["1.2.4", "own"],
    ] as const) {
      await using child = await InsideChild.start({ platformDir });
      const code = `import shared from "shared"; export default { run: () => shared };`;
      await child.load(code, { dependencyDir: packageDir(shared(version, "own")) });
      assert.equal(await child.returned(), seen);
    }
  });
});

describe("many invocations in one process", () => {
  it("keep their logs apart, in every form of printing", async () => {
    await using child = await InsideChild.withComponent(`export default { async run({ n }) {
      await new Promise((resolve) => setTimeout(resolve, 5 - n)); console.log("n is %d", n, { n }); console.error(new TypeError("e" + n));
      process.stdout.write("out" + n + "\\n"); console.table([[n]]); await null; console.dir({ n }); } };`);
    const outcomes = await Promise.all([0, 1, 2, 3].map((n) => child.run({ n })));
    for (const [n, { logs }] of outcomes.entries()) {
      assert.deepEqual(
        logs.map(({ k, msg, err }) =>
          k === "console.log" && msg?.startsWith("┌") ? "table" : [k, msg ?? err?.message],
        ),
        [
          ["console.log", `n is ${n} { n: ${n} }`],
          ["console.error", `e${n}`],
          ["stdout", `out${n}`],
          "table",
          ["console.dir", `{ n: ${n} }`],
        ],
      );
      assert.match(logs[1]?.err?.stack ?? "", /^TypeError: e\d\n +at .*component\.mjs:2:/);
    }
  });

  it("cut a flood of logs at 256 KB with one line that says so", async () => {
    await using child = await InsideChild.withComponent(
      `export default { run() { for (let i = 0; i < 10_000; i++) console.log("x".repeat(1000)); } };`,
    );
    const { logs, error } = await child.run();
    assert.equal(error, null);
    const size = logs.reduce((sum, { msg }) => sum + (msg?.length ?? 0), 0);
    assert.ok(size < 300_000 && size > 200_000, String(size));
    assert.equal(logs.filter(({ msg }) => msg?.includes("truncated")).length, 1);
    assert.match(logs.at(-1)?.msg ?? "", /truncated/);
  });

  it("end with TIMEOUT and what they left when they are cancelled, without hurting others", async () => {
    await using child = await InsideChild.withComponent(
      `export default { async run({ wait }) { this.$emit(1); console.log("begun"); if (wait) await new Promise(() => {}); } };`,
    );
    const { number, outcome } = child.start({ kind: "run", event: `{"wait":true}` });
    assert.equal((await child.run()).error, null);
    child.send(FrameType.cancel, {}, number);
    const { error, emits, logs } = await outcome;
    assert.deepEqual([error?.code, emits.length, logs.length], ["TIMEOUT", 1, 1]);
  });

  it("hand over what a long run has emitted, logged and stored before it ends", async () => {
    await using child = await InsideChild.withComponent(`export default { props: { db: "$.service.db" }, async run() {
      this.$emit(1); this.db.set("a", 1); console.log("x"); await new Promise((resolve) => setTimeout(resolve, 1300)); this.$emit(2); } };`);
    const outcome = await child.run();
    assert.deepEqual(
      [outcome.partials, outcome.emits.length, outcome.logs.length, outcome.dbWrites],
      [1, 2, 1, { a: "1" }],
    );
  });

  it("answer each ping with one pong that tells how late timers are", async () => {
    await using child = await InsideChild.withComponent(
      `export default { run() { const end = Date.now() + 120; while (Date.now() < end); } };`,
    );
    const nextPong = () => child.nextFrame((type) => type === FrameType.pong) as Promise<PongPayload>;
    const first = nextPong();
    child.send(FrameType.ping, {});
    const idle = await first;
    assert.ok(idle.lagMs < 100 && idle.rssBytes > 1_000_000);
    const busy = nextPong();
    child.send(FrameType.ping, {});
    child.start({ kind: "run", event: "{}" });
    assert.ok((await busy).lagMs > 60);
  });
});

describe("misbehaving code", () => {
  const run = async (body: string) => {
    await using child = await InsideChild.withComponent(`export default { async run(event) { ${body} } };`);
    const outcome = await child.run();
    // Whatever it did, the process still serves.
    await child.run().catch(() => assert.fail("the process has ended"));
    return { ...outcome, late: child.late };
  };

  it("cannot end the process: exits, aborts and signals to itself throw and fail the run", async () => {
    for (const call of [
      "process.exit(1)",
      "process.abort()",
      "process.reallyExit(0)",
      `process.kill(process.pid, "SIGKILL")`,
    ]) {
      const { error } = await run(`${call};`);
      assert.deepEqual([error?.code, error?.message.startsWith("The code called process.")], ["EXITED", true], call);
      assert.equal((await run(`try { ${call} } catch {}`)).error?.code, "EXITED", call);
    }
  });

  it("fails by a throw in a timer instead of hanging", async () => {
    const { error } = await run(
      `await new Promise(() => setTimeout(() => { throw new RangeError("in a timer"); }, 1));`,
    );
    assert.deepEqual([error?.code, error?.name, error?.message], ["USER_ERROR", "RangeError", "in a timer"]);
  });

  it("gets rejections that nobody handles into its log", async () => {
    const { error, logs } = await run(
      `Promise.reject(new Error("nobody")); await new Promise((resolve) => setTimeout(resolve, 5));`,
    );
    assert.equal(error, null);
    assert.equal(logs[0]?.err?.message, "nobody");
  });

  it("is reported late, naming its invocation, for what it does after its end", async () => {
    await using child =
      await InsideChild.withComponent(`export default { props: { db: "$.service.db" }, run({ what }) { setTimeout(() => {
      if (what === "throw") throw new Error("late throw"); if (what === "reject") Promise.reject(new Error("late rejection"));
      if (what === "log") console.log("late log"); if (what === "emit") this.$emit(1); if (what === "set") this.db.set("a", 1); }, 1); } };`);
    const expected: Record<string, RegExp> = {
      throw: /late throw/,
      reject: /late rejection/,
      log: /late log/,
      emit: /event was emitted after the run had ended/,
      set: /db\.set\("a"\) came after/,
    };
    for (const [what, pattern] of Object.entries(expected)) {
      const late = child.nextFrame((type) => type === FrameType.late);
      const { emits, dbWrites, error } = await child.run({ what }, { id: `id-${what}` });
      assert.deepEqual([emits, dbWrites, error], [[], {}, null]);
      await late;
      const { invocationId, observation } = child.late.at(-1) ?? assert.fail("nothing came late");
      assert.equal(invocationId, `id-${what}`);
      assert.match(observation.msg ?? observation.err?.message ?? "", pattern);
    }
  });

  it("may throw and return anything", async () => {
    const messageOf = async (thrown: string) => (await run(`throw ${thrown};`)).error?.message;
    assert.equal(await messageOf(`"text"`), "text");
    assert.equal(await messageOf(`undefined`), "undefined");
    assert.equal(await messageOf(`{ message: "m" }`), "m");
    assert.equal(await messageOf(`{ code: 5 }`), '{"code":5}');
    assert.match((await messageOf(`{ get message() { throw 1; } }`)) ?? "", /cannot be read/);
    assert.match(
      (await messageOf(`new Proxy({}, { getPrototypeOf() { throw 1; }, get() { throw 1; } })`)) ?? "",
      /cannot be read/,
    );
    assert.equal(
      (await run(`const ring = { n: 1n, f() {} }; ring.self = ring; return ring;`)).returnValue,
      '{"n":"1"}',
    );
    assert.equal((await run(`return () => {};`)).returnValue, null);
    assert.equal((await run(`return "x".repeat(7 * 1024 * 1024);`)).error?.code, "RESULT_TOO_LARGE");
  });

  it("shows errors with its own stack only, and configuration errors and axios errors as they are meant", async () => {
    const { error } = await run(`null.x;`);
    assert.match(
      error?.stack ?? "",
      /^TypeError: Cannot read properties of null.*\n +at Object\.run \(component\.mjs:1:\d+\)$/,
    );
    const caused = await run(`throw new Error("outer", { cause: new RangeError("inner") });`);
    assert.match(caused.error?.stack ?? "", /^Error: outer\n +at .*\nCaused by: RangeError: inner\n +at /);
    const configuration = await run(`throw Object.assign(new Error("Set **it**"), { name: "ConfigurationError" });`);
    assert.deepEqual(configuration.error, {
      code: "CONFIGURATION_ERROR",
      name: "ConfigurationError",
      message: "Set **it**",
    });
    const axios = await run(
      `const e = new Error('{"a":1}'); e.name = "AxiosError - Request failed"; delete e.stack; throw e;`,
    );
    assert.deepEqual(axios.error, { code: "USER_ERROR", name: "AxiosError - Request failed", message: '{"a":1}' });
  });

  it("does not find the socket to the parent among the handles of the process", async () => {
    const { returnValue } = await run(`return process._getActiveHandles().some((handle) => handle._handle?.fd === 3);`);
    assert.equal(returnValue, "false");
  });
});
