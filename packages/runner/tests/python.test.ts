import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { HttpResponse } from "../src/index.ts";
import { exportsOf, ScriptHost } from "../testing/index.ts";

let python: ScriptHost;
before(async () => {
  python = await ScriptHost.start("python");
});
after(() => python[Symbol.asyncDispose]());

describe("the handler of a Python step", () => {
  test("sees what earlier steps exported, and its return value is exported", async () => {
    const steps = JSON.stringify({ trigger: { event: { name: "Zoë" } }, first: { $return_value: [1, 2.5, null] } });
    const code = `def handler(pd: "pipedream"):
    return {"hello": pd.steps["trigger"]["event"]["name"], "first": pd.steps["first"]["$return_value"]}`;
    assert.deepEqual(await python.valueOf(code, { steps }), { hello: "Zoë", first: [1, 2.5, null] });
  });

  test("returns nothing when it returns None", async () => {
    assert.equal((await python.run("def handler(pd):\n    pass")).returnValue, null);
  });

  test("exports values beside the return value, long numbers to the digit", async () => {
    const result = await python.run(`def handler(pd):
    pd.export("a", {"big": 12345678901234567890})
    pd.export("$summary", "Done")
    return 98765432109876543210`);
    assert.deepEqual(exportsOf(result), { a: '{"big":12345678901234567890}', $summary: '"Done"' });
    assert.equal(result.returnValue, "98765432109876543210");
  });

  test("may be a coroutine", async () => {
    assert.equal(
      await python.valueOf("import asyncio\nasync def handler(pd):\n    await asyncio.sleep(0.01)\n    return 7"),
      7,
    );
  });

  test("finds accounts, plain values and chosen options among its inputs", async () => {
    const props = {
      channel: { __lv: { label: "General", value: "C1" } },
      count: 3,
      slack: { authProvisionId: "apn_1" },
    };
    const auths = { slack: { credentials: { oauth_access_token: "t0k" } } };
    const inputs = await python.valueOf("def handler(pd):\n    return pd.inputs", { props, auths });
    assert.deepEqual(inputs, { channel: "C1", count: 3, slack: { $auth: { oauth_access_token: "t0k" } } });
  });

  test("evaluates expressions in its inputs", async () => {
    const step = { props: { name: "{{steps.trigger.event.name}}!" }, steps: '{"trigger":{"event":{"name":"Ada"}}}' };
    assert.equal(await python.valueOf('def handler(pd):\n    return pd.inputs["name"]', step), "Ada!");
  });

  test("sees the context of the run", async () => {
    const context = { id: "3abc", run: { runs: 2, context: { at: 1 } } };
    const seen = await python.valueOf('def handler(pd):\n    return [pd.context["id"], pd.context["run"]]', {
      context,
    });
    assert.deepEqual(seen, ["3abc", { runs: 2, context: { at: 1 } }]);
  });

  test("sees the workflow's variables in os.environ, and no call sees those of another", async () => {
    const code =
      'import os\ndef handler(pd):\n    os.environ["MINE"] = "1"\n    return [os.environ.get("KEY"), before]\nbefore = os.environ.get("MINE")';
    assert.deepEqual(await python.valueOf(code, { envVars: { KEY: "a" } }), ["a", null]);
    assert.deepEqual(await python.valueOf(code), [null, null]);
    const missing = await python.run('import os\ndef handler(pd):\n    return os.environ["NOT_THERE"]');
    assert.equal(missing.error?.name, "KeyError");
  });

  test("starts each time with module variables of its own", async () => {
    const code = "count = 0\ndef handler(pd):\n    global count\n    count += 1\n    return count";
    assert.deepEqual([await python.valueOf(code), await python.valueOf(code)], [1, 1]);
  });
});

describe("what a Python step asks for", () => {
  test("is answered by respond with an object, bytes or a file", async () => {
    const answers: (HttpResponse & { immediate: boolean })[] = [];
    const listener = {
      respond: (response: HttpResponse, { immediate }: { immediate: boolean }) =>
        void answers.push({ ...response, immediate }),
    };
    for (const call of [
      'pd.respond({"status": 201, "headers": {"x-a": "1"}, "body": {"ok": True}, "immediate": True})',
      'pd.respond(status=202, body=b"\\xff\\x00")',
      'import io; pd.respond({"body": io.StringIO("text")}); pd.respond({"status": 500})',
    ]) {
      const result = await python.run(`def handler(pd):\n    ${call}`, {}, listener);
      assert.equal(result.error, null);
    }
    const [json, bytes, file] = answers;
    assert.equal(answers.length, 3);
    assert.deepEqual(
      [json?.status, json?.headers["x-a"], json?.body, json?.immediate],
      [201, "1", '{"ok":true}', true],
    );
    assert.deepEqual(
      [bytes?.status, bytes?.body, bytes?.isBase64],
      [202, Buffer.from([255, 0]).toString("base64"), true],
    );
    assert.deepEqual([file?.status, file?.body, file?.immediate], [200, "text", false]);
  });

  test("pauses the flow, and the URLs are returned", async () => {
    const flowUrls = { resumeUrl: "https://m.test/r", cancelUrl: "https://m.test/c" };
    const flowOf = async (call: string) => {
      const result = await python.run(`def handler(pd):\n    return ${call}`, { flowUrls });
      assert.equal(result.error, null, result.error?.message);
      return [result.step?.flow, JSON.parse(result.returnValue ?? "null") as unknown];
    };
    const urls = { resume_url: "https://m.test/r", cancel_url: "https://m.test/c" };
    assert.deepEqual(await flowOf('pd.flow.exit("enough")'), [{ kind: "exit", reason: "enough" }, null]);
    assert.deepEqual(await flowOf("pd.flow.delay(1500)"), [{ kind: "delay", delayMs: 1500 }, urls]);
    assert.deepEqual(await flowOf("pd.flow.suspend()"), [{ kind: "suspend", timeoutMs: 86_400_000 }, urls]);
    assert.deepEqual(await flowOf('pd.flow.rerun(10, {"page": 2}, 3)'), [
      { kind: "rerun", delayMs: 10, context: { page: 2 }, maxRetries: 3 },
      urls,
    ]);
  });

  test("is sent after the run, and checked at once", async () => {
    const result = await python.run(`def handler(pd):
    pd.send.http(method="POST", url="https://a.test", data={"a": 1})
    pd.send.email(subject="s", text="t")
    pd.send.emit({"id": 1}, "channel")
    pd.send.sse(channel="c", payload=[1])
    pd.send.s3(bucket="b", prefix="p", payload="x")
    try:
        pd.send.http({"method": "post", "url": "https://a.test"})
    except TypeError as error:
        return str(error)`);
    const sends = result.step?.sends.map(({ kind, payload }) => [kind, JSON.parse(payload) as unknown]);
    assert.deepEqual(sends, [
      ["http", { method: "POST", url: "https://a.test", data: { a: 1 } }],
      ["email", { subject: "s", text: "t" }],
      ["emit", { event: { id: 1 }, channel: "channel" }],
      ["sse", { channel: "c", payload: [1] }],
      ["s3", { bucket: "b", prefix: "p", payload: "x" }],
    ]);
    assert.match(result.returnValue ?? "", /invalid value: method/);
  });

  test("may be to start another workflow", async () => {
    const code = 'def handler(pd):\n    return pd.flow.trigger("p_other", {"a": 1})';
    const call = (method: string, params: unknown) => Promise.resolve([method, params] as never);
    const result = await python.run(code, {}, { call });
    assert.deepEqual(JSON.parse(result.returnValue ?? "null"), [
      "flow.trigger",
      { workflowId: "p_other", event: { a: 1 }, resultType: null },
    ]);
  });
});
