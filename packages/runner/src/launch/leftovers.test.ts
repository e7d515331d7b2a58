import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { removeLeftovers } from "./leftovers.ts";

const WAIT = "setInterval(() => {}, 1000)";
/** Starts a grandchild that outlives its parent, and says its pid. */
const ORPHAN = `const child = require("node:child_process").spawn(process.execPath, ["-e", ${JSON.stringify(WAIT)}, process.argv[1]], { detached: true, stdio: "ignore" });
  child.unref(); console.log(child.pid);`;

/** False for one that has ended but whose new parent has not asked for it yet. */
async function isAlive(pid: number): Promise<boolean> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "State: X");
  return !/^State:\s*[XZ]/m.test(status);
}

test(
  "what a killed host left is removed, and nothing of a living one",
  { skip: process.platform !== "linux" },
  async (context) => {
    const stateDir = await mkdtemp(join(tmpdir(), "left-"));
    for (const dir of ["e", "t"]) await mkdir(join(stateDir, dir));
    await writeFile(join(stateDir, "e", "999999999-0"), "");
    await mkdir(join(stateDir, "t", "999999999-0"));
    await writeFile(join(stateDir, "e", `${process.pid}-0`), "");
    const socket = join(stateDir, "e", "999999999-1");
    const kept = spawn(process.execPath, ["-e", WAIT, socket], { stdio: "ignore" });
    context.after(() => kept.kill("SIGKILL"));
    const starter = spawn(process.execPath, ["-e", ORPHAN, socket], { stdio: ["ignore", "pipe", "inherit"] });
    const [said] = (await once(starter.stdout, "data")) as [Buffer];
    await once(starter, "exit");
    await removeLeftovers(stateDir);
    const orphan = Number(said.toString());
    for (let round = 0; round < 100 && (await isAlive(orphan)); round++) await sleep(10);
    assert.equal(await isAlive(orphan), false);
    assert.equal(kept.exitCode, null);
    assert.equal(await isAlive(kept.pid ?? 0), true);
    assert.deepEqual(await readdir(join(stateDir, "e")), [`${process.pid}-0`]);
    assert.deepEqual(await readdir(join(stateDir, "t")), []);
    await rm(stateDir, { recursive: true });
  },
);
