import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { chmod, copyFile, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { findTools, isReachableByOthers, runnerStateDir } from "../src/launch/index.ts";
import { SOCKETS_DIR } from "../src/launch/leftovers.ts";
import { sourceCode, TestHost, type TestHostOptions } from "../testing/index.ts";

const isRoot = process.getuid?.() === 0;

/** A directory with some of the system's tools and nothing else. */
async function toolsOnly(dir: string, names: readonly string[]): Promise<string[]> {
  const bin = join(dir, "bin");
  await mkdir(bin);
  for (const name of names) await symlink(`/usr/bin/${name}`, join(bin, name));
  return [bin];
}

async function inFreshDir(body: (dir: string) => Promise<void>): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), "tiers-"));
  try {
    await body(dir);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

async function assertRuns(options: TestHostOptions): Promise<TestHost["host"]["tier"]> {
  await using host = await TestHost.start(options);
  const code = sourceCode(
    `for (const dir of [process.cwd(), "/tmp"]) await writeFile(dir + "/x" + process.pid, "1"); await rm("/tmp/x" + process.pid); this.$emit(event); return { cwd: process.cwd() };`,
    `import { rm, writeFile } from "node:fs/promises";`,
  );
  const result = await host.run(host.deploy(code), { event: '{"a":1}' });
  assert.equal(result.error, null, JSON.stringify(result.error));
  assert.equal(result.emits[0]?.event, '{"a":1}');
  return host.host.tier;
}

describe("the tier in use", () => {
  test("is A where everything is there", async () => {
    assert.deepEqual(await assertRuns({}), { tier: "A", reasons: [] });
  });

  test("is C without bwrap, and says why", async () => {
    await inFreshDir(async (dir) => {
      const tier = await assertRuns({ executableDirs: await toolsOnly(dir, ["setpriv", "prlimit"]) });
      assert.equal(tier.tier, "C");
      assert.deepEqual(tier.reasons, [
        "tier A: bwrap not found",
        `tier B: ${isRoot ? "nft not found" : "needs to run as root"}`,
      ]);
    });
  });

  test("is C without any tool", async () => {
    await inFreshDir(async (dir) => {
      assert.equal((await assertRuns({ executableDirs: await toolsOnly(dir, []) })).tier, "C");
    });
  });

  test("is C when bwrap may not make namespaces, and repeats what bwrap said", async () => {
    await inFreshDir(async (dir) => {
      const executableDirs = await toolsOnly(dir, ["setpriv", "prlimit"]);
      await writeFile(
        join(dir, "bin", "bwrap"),
        "#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1\n",
      );
      await chmod(join(dir, "bin", "bwrap"), 0o755);
      await chmod(dir, 0o711);
      const tier = await assertRuns({ executableDirs });
      assert.equal(tier.tier, "C");
      assert.match(tier.reasons[0] ?? "", /^tier A: .*No permissions to create new namespace$/);
    });
  });

  test("leaves nothing behind of a sandbox that fails at once, however often", async () => {
    await inFreshDir(async (dir) => {
      const executableDirs = await toolsOnly(dir, ["setpriv", "prlimit"]);
      await writeFile(join(dir, "bin", "bwrap"), "#!/bin/sh\nexit 1\n", { mode: 0o755 });
      await chmod(dir, 0o711);
      const workDir = join(dir, "work");
      for (let attempt = 0; attempt < 20; attempt++) {
        await assert.rejects(TestHost.start({ tier: "A", executableDirs, workDir }), /no sandbox can be started/);
      }
      const sockets = join(await runnerStateDir(workDir), SOCKETS_DIR);
      const deadline = Date.now() + 5_000;
      while ((await readdir(sockets)).length > 0 && Date.now() < deadline) await setImmediate();
      assert.deepEqual(await readdir(sockets), []);
    });
  });

  test("can be insisted on, and then fails rather than falling back", async () => {
    await inFreshDir(async (dir) => {
      const executableDirs = await toolsOnly(dir, ["prlimit", "setpriv"]);
      await assert.rejects(TestHost.start({ tier: "A", executableDirs }), /bwrap not found/);
    });
  });
});

describe("tier C still holds back accidents", () => {
  test("files outside its own directories, child processes and private addresses are refused", async () => {
    await using host = await TestHost.start({ tier: "C" });
    const code = sourceCode(
      `const tryTo = async (what) => { try { await what(); return "done"; } catch (error) { return error.cause?.code ?? error.code; } };
       return [await tryTo(() => readFileSync("/etc/hostname")), await tryTo(() => execFileSync("/bin/true")), await tryTo(() => fetch("http://10.0.0.1/"))];`,
      `import { readFileSync } from "node:fs"; import { execFileSync } from "node:child_process";`,
    );
    const result = await host.run(host.deploy(code));
    assert.deepEqual(JSON.parse(result.returnValue ?? "null"), ["ERR_ACCESS_DENIED", "ERR_ACCESS_DENIED", "EACCES"]);
  });

  test("a run that never returns is ended at its deadline", async () => {
    await using host = await TestHost.start({ tier: "C" });
    assert.equal((await host.runBody("while (true) {}", { timeoutMs: 300 })).error?.code, "TIMEOUT");
  });
});

describe("places that the sandboxes' users cannot reach", { skip: isRoot ? false : "needs root" }, () => {
  test("a work directory and a Node binary in a closed directory still work", async () => {
    await inFreshDir(async (dir) => {
      await chmod(dir, 0o700);
      const nodePath = join(dir, "node");
      await copyFile(process.execPath, nodePath);
      await chmod(nodePath, 0o755);
      await using host = await TestHost.start({ workDir: join(dir, "work"), nodePath });
      assert.equal(host.host.tier.tier, "A");
      assert.equal(await isReachableByOthers(host.host.storeDir), true);
      assert.equal((await host.runBody("return 1;")).returnValue, "1");
      await host.host.stop();
      await rm(join(host.host.storeDir, ".."), { recursive: true });
    });
  });

  test("a strict umask does not shut the sandboxes out", async () => {
    const before = process.umask(0o077);
    try {
      assert.equal((await assertRuns({ tier: "A" })).tier, "A");
    } finally {
      process.umask(before);
    }
  });
});

test("the tier is B where only the packet filter is there", async (context) => {
  const { nft, isRoot: mayFilter } = await findTools();
  if (nft === null || !mayFilter) return context.skip("needs nft and root");
  await inFreshDir(async (dir) => {
    const [toolsDir = ""] = await toolsOnly(dir, ["setpriv", "prlimit"]);
    await symlink(nft, join(toolsDir, "nft"));
    const script = fileURLToPath(new URL("fixtures/run-once.ts", import.meta.url));
    // The rule shall not outlive the test: it goes with the network namespace.
    const { stdout } = await promisify(execFile)("unshare", ["--net", process.execPath, script, toolsDir]);
    assert.deepEqual(JSON.parse(stdout), { tier: "B", returnValue: "1", logs: [] });
  });
});

test(
  "an ordinary user gets tier A as well",
  { skip: isRoot ? false : "covered by the other tests" },
  async (context) => {
    const script = fileURLToPath(new URL("fixtures/run-once.ts", import.meta.url));
    if (!(await isReachableByOthers(script)) || !(await isReachableByOthers(process.execPath))) {
      return context.skip("the checkout is closed to other users");
    }
    const user = ["--reuid", "65534", "--regid", "65534", "--clear-groups"];
    const { stdout } = await promisify(execFile)("setpriv", [...user, process.execPath, script], { env: {} });
    assert.deepEqual(JSON.parse(stdout), { tier: "A", returnValue: "1", logs: [] });
  },
);
