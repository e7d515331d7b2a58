import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const SCRIPT = fileURLToPath(new URL("fixtures/hold-sandboxes.ts", import.meta.url));

/** Processes whose command line or parent's one names the directory. */
async function processesOf(dir: string): Promise<string[]> {
  const found: string[] = [];
  for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
    const commandLine = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    const root = await readFile(`/proc/${pid}/mountinfo`, "utf8").catch(() => "");
    if (commandLine.includes(dir) || root.includes(dir))
      found.push(`${pid} ${commandLine.replaceAll("\0", " ").slice(0, 80)}`);
  }
  return found;
}

for (const tier of ["A", "C"]) {
  test(`no sandbox of tier ${tier} outlives a parent that is killed, not even one that spins`, async () => {
    const dir = await mkdtemp(join(tmpdir(), "parent-"));
    await chmod(dir, 0o711);
    const parent = spawn(process.execPath, [SCRIPT, tier, dir], { stdio: ["ignore", "pipe", "inherit"] });
    try {
      await once(parent.stdout, "data");
      // The parent, the two sandboxes in use, and the blanks, which may still be starting.
      while ((await processesOf(dir)).length < 4) await sleep(50);
    } finally {
      parent.kill("SIGKILL");
    }
    await once(parent, "exit");
    let left = await processesOf(dir);
    for (let round = 0; round < 40 && left.length > 0; round++) {
      await sleep(50);
      left = await processesOf(dir);
    }
    assert.deepEqual(left, []);
    await rm(dir, { recursive: true });
  });
}
