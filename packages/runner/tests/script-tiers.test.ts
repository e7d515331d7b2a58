import assert from "node:assert/strict";
import { createServer } from "node:http";
import { once } from "node:events";
import { readdir, readFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { describe, test } from "node:test";
import { Languages } from "../src/inside/languages/index.ts";
import type { StepRun } from "../src/inside/steps/index.ts";
import { exportsOf, messagesOf, ScriptHost, TestHost } from "../testing/index.ts";

const EGRESS = {
  allow: ["127.0.0.0/8"],
  resolve: () => Promise.resolve(["127.0.0.1"]),
};

/** Command lines of the machine's processes that name `mark`. */
async function processesNamed(mark: string): Promise<string[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")));
  return lines.filter((line) => line.startsWith("sleep") && line.includes(mark));
}

for (const tier of ["A", "C"] as const) {
  describe(`scripts in tier ${tier}`, () => {
    test("run, export, keep files and are ended at their deadline", async () => {
      await using python = await ScriptHost.start("python", { tier });
      const ok = await python.run(
        'import subprocess\ndef handler(pd):\n    pd.export("a", 1)\n    return subprocess.check_output(["echo", "x"], text=True)',
      );
      assert.deepEqual([ok.error, exportsOf(ok), ok.returnValue], [null, { a: "1" }, '"x\\n"']);
      assert.equal((await python.run("while True: pass", { timeoutMs: 200 })).error?.code, "TIMEOUT");
      await using bash = await ScriptHost.start("bash", { tier });
      const listed = await bash.run("echo $HOME > $HOME/own; cat $HOME/own; exit 2");
      assert.deepEqual([listed.error, listed.step?.exitCode, messagesOf(listed).length], [null, 2, 2]);
      assert.equal((await bash.run("sleep 20", { timeoutMs: 200 })).error?.code, "TIMEOUT");
    });

    test("reach what they may through the proxy, and nothing else", async () => {
      const server = createServer((request, response) => response.end(`${request.method} ${request.url}`)).listen(
        0,
        "127.0.0.1",
      );
      await once(server, "listening");
      const { port } = server.address() as AddressInfo;
      const url = `http://api.test:${port}/x?y=1`;
      try {
        await using host = await TestHost.start({ tier, blankCount: 0, egress: EGRESS });
        const workflow = host.deployScripts();
        const code = `import urllib.request\ndef handler(pd):\n    return urllib.request.urlopen("${url}").read().decode()`;
        const got = await host.runScript(workflow, { lang: "python", code });
        assert.equal(got.returnValue, '"GET /x?y=1"', got.error?.message);
        assert.equal(got.hadEffect, true);
        const bash = await host.runScript(workflow, {
          ...{
            lang: "bash",
            code: `curl -sS ${url}; echo; curl -sS -p -X POST ${url}; echo; curl -sS -m 5 -o /dev/null -w '%{http_code}' http://10.1.2.3/ || true`,
          },
        });
        assert.deepEqual(messagesOf(bash).slice(0, 2), ["stdout: GET /x?y=1", "stdout: POST /x?y=1"]);
      } finally {
        server.close();
      }
    });
  });
}

test("scripts end with their sandbox where no namespace ends them", async () => {
  const host = await TestHost.start({ tier: "C", blankCount: 0 });
  const mark = `${60_000 + process.pid}.5`;
  const seen = Promise.withResolvers<void>();
  const call = (): Promise<null> => Promise.resolve(seen.resolve()).then(() => null);
  const code = `import subprocess\ndef handler(pd):\n    subprocess.Popen(["sleep", "${mark}"])\n    pd.flow.trigger("p_1")\n    while True: pass`;
  const running = host.runScript(host.deployScripts(), { lang: "python", code, timeoutMs: 60_000 }, { call });
  await seen.promise;
  assert.equal((await processesNamed(mark)).length, 1);
  await host[Symbol.asyncDispose]();
  assert.equal((await running).error?.code, "UNAVAILABLE");
  assert.deepEqual(await processesNamed(mark), []);
});

test("addresses that scripts may not reach are refused by the proxy, and there is no other way out", async () => {
  await using bash = await ScriptHost.start("bash");
  const result = await bash.run(`curl -s -m 5 -o /dev/null -w '%{http_code}\\n' http://10.1.2.3/
curl -s -m 5 -o /dev/null http://169.254.169.254/ --noproxy '*'; echo $?
python3 -c 'import socket; socket.create_connection(("10.1.2.3", 80), 5)' 2>&1 | tail -1`);
  const [refused, direct, socket] = messagesOf(result);
  assert.deepEqual([refused, direct], ["stdout: 403", "stdout: 7"]);
  assert.match(socket ?? "", /Network is unreachable/);
});

test("a machine without the program says what to install", async () => {
  const options = { egressSocket: null, hasOwnLoopback: false, workDir: "/tmp", memoryMb: 256, wrapper: [] };
  const languages = new Languages({ ...options, searchPath: "/nowhere" });
  for (const [lang, message] of [
    ["python", /^Python steps need python3, which .* Install the package "python3"/],
    ["bash", /^Bash steps need bash, which .* Install the package "bash"/],
  ] as const) {
    const scope = { whenEnded: () => () => undefined, isEnded: false, log: () => undefined };
    const invocation = { lang, code: "", module: "code", envVars: {}, steps: "{}", auths: {} };
    const step = { invocation, scope, props: {}, context: {} } as unknown as StepRun;
    await assert.rejects(languages.run(step), { name: "ProgramMissing", message });
  }
});
