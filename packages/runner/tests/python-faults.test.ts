import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { exportsOf, messagesOf, ScriptHost } from "../testing/index.ts";

let python: ScriptHost;
before(async () => {
  python = await ScriptHost.start("python");
});
after(() => python[Symbol.asyncDispose]());

describe("a Python step that fails", () => {
  test("tells the class, the message and the traceback of its own code", async () => {
    const { error } = await python.run(`class TooMany(Exception):
    pass
def check(n):
    try:
        raise KeyError(n)
    except KeyError as cause:
        raise TooMany(f"{n} is too many") from cause
def handler(pd):
    check(3)`);
    assert.equal(error?.code, "USER_ERROR");
    assert.equal(error?.name, "TooMany");
    assert.equal(error?.message, "3 is too many");
    assert.match(
      error?.stack ?? "",
      /^Traceback[^]*KeyError: 3\n\nThe above[^]*File "code.py", line 9, in handler\n {4}check\(3\)/,
    );
    assert.match(error?.stack ?? "", /TooMany: 3 is too many$/);
    assert.doesNotMatch(error?.stack ?? "", /worker|\/rt/);
  });

  test("keeps what it exported and printed before", async () => {
    const result = await python.run(
      'def handler(pd):\n    print("so far")\n    pd.export("a", 1)\n    raise ValueError("x")',
    );
    assert.deepEqual(exportsOf(result), { a: "1" });
    assert.deepEqual(messagesOf(result), ["stdout: so far"]);
  });

  test("names the line of a syntax error, each time that it is run", async () => {
    for (let count = 0; count < 2; count++) {
      const { error } = await python.run("def handler(pd):\n    return (1");
      assert.equal(error?.name, "SyntaxError");
      assert.match(error.stack ?? "", /File "code.py", line 2/);
    }
  });

  test("fails when it exports or returns what is no JSON", async () => {
    for (const value of ["object()", "float('nan')", "{1, 2}", "b'x'"]) {
      const returned = await python.run(`def handler(pd):\n    return ${value}`);
      assert.equal(returned.error?.name, "TypeError");
      assert.match(returned.error.message, /^The return value cannot be JSON/);
      const exported = await python.run(`def handler(pd):\n    pd.export("a", ${value})`);
      assert.match(exported.error?.message ?? "", /^The export "a" cannot be JSON/);
    }
    assert.equal(
      (await python.run("def handler(pd):\n    a = []\n    for _ in range(300): a = [a]\n    return a")).error?.code,
      "RESULT_TOO_LARGE",
    );
  });

  test("fails when it exports more than 6 MB", async () => {
    const { error } = await python.run('def handler(pd):\n    pd.export("a", "x" * 7_000_000)');
    assert.deepEqual([error?.code, error?.name], ["RESULT_TOO_LARGE", "Function Payload Limit Exceeded"]);
  });

  test("ends alone when its process exits", async () => {
    assert.equal((await python.run("import sys\ndef handler(pd):\n    sys.exit(0)")).error, null);
    assert.match(
      (await python.run('import sys\ndef handler(pd):\n    sys.exit("no")')).error?.message ?? "",
      /sys.exit\(no\)/,
    );
    const died = await python.run("import os\ndef handler(pd):\n    os._exit(3)");
    assert.deepEqual(
      [died.error?.code, died.error?.message],
      ["EXITED", "The Python process of the step ended with exit code 3."],
    );
    const killed = await python.run("import os, signal\ndef handler(pd):\n    os.kill(os.getpid(), signal.SIGSEGV)");
    assert.match(killed.error?.message ?? "", /by SIGSEGV/);
    assert.equal(await python.valueOf("def handler(pd):\n    return 1"), 1);
  });

  test("runs out of its own memory only", async () => {
    const { error } = await python.run("def handler(pd):\n    return len(bytearray(600 * 1024 * 1024))");
    assert.deepEqual([error?.code, error?.name], ["OUT_OF_MEMORY", "MemoryError"]);
  });

  test("cannot confuse the runner with what it writes to our channel", async () => {
    const result = await python.run('import os\ndef handler(pd):\n    os.write(3, b"\\xff" * 64)\n    return 1');
    assert.equal(result.error?.name, "ProtocolError");
    assert.equal(await python.valueOf("def handler(pd):\n    return 1"), 1);
  });
});

describe("Python steps of one workflow", () => {
  test("run at once, each with variables and output of its own", async () => {
    const code =
      'import os, time\ndef handler(pd):\n    time.sleep(0.4)\n    print(os.environ["N"])\n    return os.environ["N"]';
    const startedAtMs = performance.now();
    const names = ["1", "2", "3", "4", "5", "6"];
    const results = await Promise.all(names.map((N) => python.run(code, { envVars: { N } })));
    assert.deepEqual(
      results.map(({ returnValue }) => returnValue),
      names.map((N) => `"${N}"`),
    );
    assert.deepEqual(
      results.map(messagesOf),
      names.map((N) => [`stdout: ${N}`]),
    );
    assert.ok(performance.now() - startedAtMs < 1_500);
  });

  test("are ended at their deadline, without those beside them and without the sandbox", async () => {
    await python.valueOf('def handler(pd):\n    open("/tmp/kept", "w").write("1")');
    const slow = python.run("import time\ndef handler(pd):\n    time.sleep(0.6)\n    return 1");
    const stuck = await python.run('def handler(pd):\n    pd.export("a", 1)\n    print("in")\n    while True: pass', {
      timeoutMs: 200,
    });
    assert.deepEqual([stuck.error?.code, messagesOf(stuck), exportsOf(stuck)], ["TIMEOUT", ["stdout: in"], { a: "1" }]);
    assert.equal((await slow).returnValue, "1");
    assert.equal(await python.valueOf('def handler(pd):\n    return open("/tmp/kept").read()'), "1");
  });

  test("keep nothing running when they end", async () => {
    const result = await python.run(`import threading, time
def handler(pd):
    threading.Thread(target=time.sleep, args=(30,)).start()
    return 1`);
    assert.equal(result.returnValue, "1");
    assert.match(messagesOf(result)[0] ?? "", /^warning: The code was still running when the step ended/);
  });
});

describe("what a Python step prints", () => {
  test("is logged, one line for each print, and in order", async () => {
    const result = await python.run(`import sys, subprocess
print("loading")
def handler(pd):
    print("a", 1)
    print("two\\nlines")
    print("err", file=sys.stderr)
    sys.stdout.write("no end")`);
    assert.deepEqual(messagesOf(result), [
      "stdout: loading",
      "stdout: a 1",
      "stdout: two\nlines",
      "stderr: err",
      "stdout: no end",
    ]);
  });

  test("by programs that it starts is logged too", async () => {
    const result = await python.run(`import subprocess, sys
def handler(pd):
    subprocess.run(["sh", "-c", "echo out; echo err >&2; printf end"], check=True)
    sys.stdout.buffer.write(b"bytes")`);
    assert.equal(result.error, null, result.error?.message);
    assert.deepEqual(messagesOf(result).toSorted(), ["stderr: err", "stdout: endbytes", "stdout: out"]);
  });
});

describe("packages of Python", () => {
  test("the standard library works, with threads and processes", async () => {
    const code = `import concurrent.futures, csv, datetime, decimal, hashlib, multiprocessing, sqlite3, ssl, subprocess, uuid, zoneinfo
def double(n):
    return n * 2
def handler(pd):
    with concurrent.futures.ThreadPoolExecutor(4) as threads:
        by_threads = list(threads.map(double, [1, 2]))
    with multiprocessing.get_context("fork").Pool(2) as processes:
        by_processes = processes.map(double, [3, 4])
    database = sqlite3.connect("/tmp/x.db")
    return [by_threads, by_processes, database.execute("select 5").fetchone()[0], len(ssl.create_default_context().get_ca_certs()) > 10,
            subprocess.check_output(["bash", "-c", "echo $((6*7))"], text=True).strip()]`;
    assert.deepEqual(await python.valueOf(code), [[2, 4], [6, 8], 5, true, "42"]);
  });

  test("one that is not installed is named", async () => {
    const imported = await python.run("import not_on_any_machine\ndef handler(pd):\n    pass");
    assert.equal(imported.error?.name, "ModuleNotFoundError");
    assert.match(imported.error.message, /package "not_on_any_machine" is not installed/);
    const added = await python.run("# pipedream add-package not-on-any-machine==1.2\ndef handler(pd):\n    return 1");
    assert.match(added.error?.message ?? "", /package "not-on-any-machine" is not installed/);
  });

  test("the older style of steps works, without a handler", async () => {
    const result = await python.run(
      "from pipedream.script_helpers import (steps, export)\nexport('name', steps['trigger']['event']['name'] + '!')",
      { steps: '{"trigger":{"event":{"name":"Ada"}}}' },
    );
    assert.deepEqual([result.error, exportsOf(result)], [null, { name: '"Ada!"' }]);
  });
});
