import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { exportsOf, messagesOf, ScriptHost } from "../testing/index.ts";

let bash: ScriptHost;
before(async () => {
  bash = await ScriptHost.start("bash");
});
after(() => bash[Symbol.asyncDispose]());

const STEPS = '{"trigger":{"event":{"name":"Zoë","tags":["a","b"]}}}';

describe("a Bash step", () => {
  test("finds the steps in a file, and variables in its environment", async () => {
    const code =
      'jq -r .trigger.event.name < $PIPEDREAM_STEPS; cat "$PIPEDREAM_STEPS" | jq -c .trigger.event.tags; echo "key: $KEY"';
    const result = await bash.run(code, { steps: STEPS, envVars: { KEY: "k 1" } });
    assert.equal(result.error, null, result.error?.message);
    assert.deepEqual(messagesOf(result), ["stdout: Zoë", 'stdout: ["a","b"]', "stdout: key: k 1"]);
  });

  test("waits for its turn when more run at once than the sandbox has processes for", async () => {
    const code = "sleep 0.1 | cat | cat; echo 'n:json=1' >> $PIPEDREAM_EXPORTS";
    const results = await Promise.all(Array.from({ length: 200 }, () => bash.run(code)));
    assert.deepEqual(results.flatMap(({ error, logs }) => [error, ...logs]).filter(Boolean), []);
    assert.ok(results.every((result) => exportsOf(result)["n"] === "1"));
  });

  test("exports what it appends to the exports file, JSON of several lines too", async () => {
    const code = `EXPORT="simple:json=\\"text\\""
echo $EXPORT >> $PIPEDREAM_EXPORTS
echo "tags:json=$(jq .trigger.event.tags $PIPEDREAM_STEPS)" >> $PIPEDREAM_EXPORTS
printf 'n:json=12345678901234567890' >> "$PIPEDREAM_EXPORTS"
printf '\\nsimple:json={"last":"wins"}\\n$return_value:json=[1]\\n' >> "$PIPEDREAM_EXPORTS"`;
    const result = await bash.run(code, { steps: STEPS });
    assert.equal(result.error, null, result.error?.message);
    assert.deepEqual(exportsOf(result), { simple: '{"last":"wins"}', tags: '["a","b"]', n: "12345678901234567890" });
    assert.equal(result.returnValue, "[1]");
  });

  test("fails when it exports what is no JSON, and names it", async () => {
    const broken = await bash.run("echo 'a:json={oops' >> $PIPEDREAM_EXPORTS");
    assert.deepEqual([broken.error?.name, broken.error?.message], ["ExportError", 'The export "a" is not JSON: {oops']);
    const line = await bash.run("echo 'a=1' >> $PIPEDREAM_EXPORTS");
    assert.match(line.error?.message ?? "", /"a=1" is no export: write NAME:json=JSON/);
  });

  test("does not fail by its exit code, which is recorded with what it exported", async () => {
    const result = await bash.run("echo 'a:json=1' >> $PIPEDREAM_EXPORTS; echo oops >&2; exit 1; echo never");
    assert.equal(result.error, null);
    assert.equal(result.step?.exitCode, 1);
    assert.deepEqual(exportsOf(result), { $exit_code: "1", a: "1" });
    assert.deepEqual(messagesOf(result), ["stderr: oops", "error: The script ended with exit code 1."]);
    assert.equal((await bash.run("false\ntrue")).step?.exitCode, undefined);
    assert.equal((await bash.run("kill -9 $$")).step?.exitCode, 137);
    assert.equal((await bash.run("not_a_command")).step?.exitCode, 127);
  });

  test("names the script and the line of what goes wrong", async () => {
    assert.deepEqual(messagesOf(await bash.run("\nnot_a_command; true")), [
      "stderr: code.sh: line 2: not_a_command: command not found",
    ]);
  });

  test("keeps files in /tmp for steps that follow, and none of its own", async () => {
    await bash.run("echo kept > /tmp/file; git init -q /tmp/repository");
    const later = await bash.run(
      "cat /tmp/file; ls -A /tmp | wc -l; git -C /tmp/repository status --porcelain | wc -l",
    );
    // Besides the two: the directory of the running step itself.
    assert.deepEqual(messagesOf(later), ["stdout: kept", "stdout: 3", "stdout: 0"]);
  });

  test("is ended at its deadline with everything that it started, and the sandbox lives on", async () => {
    await bash.run("echo 1 > /tmp/alive");
    const stuck = await bash.run("echo in; (sleep 40 & wait) | cat", { timeoutMs: 300 });
    assert.deepEqual([stuck.error?.code, messagesOf(stuck)], ["TIMEOUT", ["stdout: in"]]);
    const after = await bash.run("cat /tmp/alive; ps -e -o comm= | grep -c sleep");
    assert.deepEqual(messagesOf(after).slice(0, 2), ["stdout: 1", "stdout: 0"]);
  });

  test("leaves no process behind, not even a finished one", async () => {
    const count = "ps -e | wc -l";
    const [before = ""] = messagesOf(await bash.run(count));
    const slow = await bash.run("sleep 40 & (sleep 0.01 &) ; disown -a; echo done");
    assert.ok(slow.endedAtMs - slow.startedAtMs < 5_000);
    assert.deepEqual(messagesOf(await bash.run(count)), [before]);
  });

  test("runs beside others", async () => {
    const startedAtMs = performance.now();
    const results = await Promise.all(
      [1, 2, 3, 4].map((N) => bash.run("sleep 0.4; echo $N", { envVars: { N: `${N}` } })),
    );
    assert.deepEqual(
      results.flatMap(messagesOf),
      [1, 2, 3, 4].map((N) => `stdout: ${N}`),
    );
    assert.ok(performance.now() - startedAtMs < 1_500);
  });

  test("has what scripts need, and sees nothing else of the machine", async () => {
    const result = await bash.run(
      'for tool in curl jq git sed awk python3; do command -v $tool >/dev/null || echo "no $tool"; done; ls -A / /etc /run; touch /usr/x 2>&1 || true',
    );
    const lines = messagesOf(result).map((line) => line.replace(/^stdout: /, ""));
    assert.ok(!lines.some((line) => line.startsWith("no ")), lines.join("\n"));
    for (const absent of ["root", "home", "var", "work", "shadow", "hostname", "ssh"])
      assert.ok(!lines.includes(absent), absent);
    assert.match(lines.at(-1) ?? "", /Read-only file system/);
  });
});
