import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { promisify } from "node:util";
import { DependencyError } from "./dependency-error.ts";
import { DependencyStore } from "./dependency-store.ts";
import { readNpmSettings } from "./npm-settings.ts";
import type { PackageImport } from "./specifier.ts";

const settings = readNpmSettings(process.env);
const MS_OLD: PackageImport = { alias: "pin-ms-2.0.0", name: "ms", range: "2.0.0" };
const MS: PackageImport = { alias: "ms", name: "ms", range: "^2.1.0" };
const WEEK_MS = 7 * 24 * 60 * 60 * 1000;

async function temporaryStore(t: TestContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "millrace-store-"));
  await chmod(dir, 0o755); // the installer's user must get in
  t.after(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

async function versionOf(dir: string | null, alias: string): Promise<unknown> {
  const text = await readFile(join(dir ?? "", "node_modules", alias, "package.json"), "utf8");
  return (JSON.parse(text) as { version: unknown }).version;
}

test("Two versions of one package stand side by side, and the same ranges share one installation", async (t) => {
  const storeDir = await temporaryStore(t);
  const store = new DependencyStore({ storeDir, settings });
  const [first, second] = await Promise.all([store.ensure([MS, MS_OLD]), store.ensure([MS_OLD, MS])]);
  assert.equal(first, second);
  assert.equal(await versionOf(first.dir, "pin-ms-2.0.0"), "2.0.0");
  assert.match(String(await versionOf(first.dir, "ms")), /^2\.[1-9]/);
  assert.deepEqual(await readdir(join(storeDir, ".work/staging")), []);
  const again = await new DependencyStore({ storeDir, settings }).ensure([MS, MS_OLD]);
  assert.deepEqual(again, first);
});

test("The installer works as another user where we are root, and leaves nothing that others may write", async (t) => {
  const storeDir = await temporaryStore(t);
  const { dir } = await new DependencyStore({ storeDir, settings }).ensure([MS]);
  const file = await stat(join(dir ?? "", "node_modules/ms/index.js"));
  assert.equal(file.mode & 0o022, 0);
  assert.equal(file.mode & 0o444, 0o444);
  if (process.getuid?.() === 0) assert.equal(file.uid, 19_999);
});

test("An unknown package or version is named", async (t) => {
  const store = new DependencyStore({ storeDir: await temporaryStore(t), settings });
  const cases: [PackageImport, RegExp][] = [
    [
      { alias: "millrace-no-such-package", name: "millrace-no-such-package", range: "latest" },
      /millrace-no-such-package/,
    ],
    [{ alias: "pin-ms-99.0.0", name: "ms", range: "99.0.0" }, /ms@.*99\.0\.0/],
    [{ alias: "ms", name: "ms", range: "no-such-tag" }, /ms@no-such-tag/],
  ];
  for (const [imported, text] of cases) {
    await assert.rejects(store.ensure([imported]), (error) => {
      assert.ok(error instanceof DependencyError);
      assert.equal(error.code, "dependency_not_found");
      assert.match(error.message, text);
      return true;
    });
  }
});

test("A set that is gone comes back from its lock exactly as it was", async (t) => {
  const storeDir = await temporaryStore(t);
  const store = new DependencyStore({ storeDir, settings });
  const set = await store.ensure([MS]);
  await rm(set.dir ?? "", { recursive: true });
  assert.deepEqual(await store.restore(set.lock ?? ""), set);
  assert.match(String(await versionOf(set.dir, "ms")), /^2\./);
});

test("Garbage is what nobody names and nobody used for a week", async (t) => {
  const storeDir = await temporaryStore(t);
  const store = new DependencyStore({ storeDir, settings });
  const [kept, dropped] = [await store.ensure([MS]), await store.ensure([MS_OLD])];
  const referenced = new Set([kept.hash ?? ""]);
  const nowMs = Date.now();
  assert.equal(await store.collectGarbage({ referenced, unusedForMs: WEEK_MS, nowMs }), 0);
  assert.equal(await store.collectGarbage({ referenced, unusedForMs: WEEK_MS, nowMs: nowMs + WEEK_MS + 1000 }), 1);
  await assert.rejects(stat(dropped.dir ?? ""));
  assert.match(String(await versionOf(kept.dir, "ms")), /^2\./);
  assert.equal(await versionOf((await store.ensure([MS_OLD])).dir, "pin-ms-2.0.0"), "2.0.0");
});

test("An installation that takes too long ends with dependency_timeout", async (t) => {
  const store = new DependencyStore({ storeDir: await temporaryStore(t), settings, timeoutMs: 1 });
  await assert.rejects(
    store.ensure([MS]),
    (error) => error instanceof DependencyError && error.code === "dependency_timeout",
  );
});

test("With the registry out of reach a known resolution goes on being used", async (t) => {
  const storeDir = await temporaryStore(t);
  const set = await new DependencyStore({ storeDir, settings }).ensure([MS]);
  const offline = { ...settings, registry: "http://127.0.0.1:1/" };
  const store = new DependencyStore({ storeDir, settings: offline, resolutionTtlMs: 0 });
  assert.equal((await store.ensure([MS])).hash, set.hash);
});

test("Packages are loaded from a set by import and by require", async (t) => {
  const { dir } = await new DependencyStore({ storeDir: await temporaryStore(t), settings }).ensure([MS, MS_OLD]);
  const script = `import ms from "ms"; import { createRequire } from "node:module";
    console.log(ms("1h"), createRequire(import.meta.url)("pin-ms-2.0.0")("1m"));`;
  await writeFile(join(dir ?? "", "probe.mjs"), script);
  const { stdout } = await promisify(execFile)(process.execPath, [join(dir ?? "", "probe.mjs")]);
  assert.equal(stdout, "3600000 60000\n");
});
