import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { test, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Instance, commandLine, processTree, removeDataDir, type InstanceOptions } from "../testing/instance/index.ts";

const run = promisify(execFile);
const CHECKOUT = join(dirname(fileURLToPath(import.meta.url)), "../../..");
const OTHER_USER = { uid: 12_345, gid: 12_345 };
const STOPS_WITHIN_MS = 10_000;
const TEST_TIMEOUT = { timeout: 240_000 };
const isRoot = process.getuid?.() === 0;

interface Clone extends AsyncDisposable {
  readonly dir: string;
  readonly options: InstanceOptions;
}

/** A clone of the checkout below `parent`; with its packages already there when `isInstalled`. */
async function cloneInto(
  parent: string,
  settings: { isInstalled: boolean; user?: { uid: number; gid: number } },
): Promise<Clone> {
  const home = await mkdtemp(join(parent, "millrace-clone-"));
  const dir = join(home, "millrace");
  await run("git", ["clone", "--quiet", "--depth=1", `file://${CHECKOUT}`, dir]);
  if (settings.isInstalled) await shareInstalledPackages(dir);
  const { user } = settings;
  if (user !== undefined) await run("chown", ["-R", `${user.uid}:${user.gid}`, home]);
  const env = { HOME: home, PATH: hostPath(), npm_config_prefer_offline: "true" };
  const dataDir = join(dir, ".millrace");
  const options = { cwd: dir, dataDir, command: ["npm", "start"], env, ...(user !== undefined && { user }) };
  const dispose = async (): Promise<void> => {
    await removeDataDir(dataDir);
    await rm(home, { recursive: true, force: true, maxRetries: 5 });
  };
  return { dir, options, [Symbol.asyncDispose]: dispose };
}

/** The search path as a user has it: `npm test` puts this checkout's own programs, Node and all, in front of it. */
function hostPath(): string {
  const dirs = (process.env["PATH"] ?? "/usr/bin:/bin").split(delimiter);
  return dirs.filter((dir) => !/node_modules|node-gyp-bin/.test(dir)).join(delimiter);
}

/** Hard links where the file system allows, else a copy. */
async function shareInstalledPackages(dir: string): Promise<void> {
  const from = join(CHECKOUT, "node_modules");
  await run("cp", ["-al", from, dir]).catch(async () => {
    await rm(join(dir, "node_modules"), { recursive: true, force: true });
    await run("cp", ["-a", from, dir]);
  });
}

/** The process that a supervisor would watch: the server itself, below npm and its shell. */
function serverPid(instance: Instance): number {
  const pid = processTree(instance.pid).find((candidate) => commandLine(candidate).includes("/src/main.ts"));
  assert.ok(pid !== undefined, `no server below npm:\n${instance.output}`);
  return pid;
}

/** What every test of the start-up contract may rely on. */
async function assertStarted(instance: Instance): Promise<void> {
  assert.equal((await fetch(`${instance.url}/healthz`)).status, 200);
  const page = await fetch(`${instance.url}/`, { headers: { accept: "text/html" } });
  assert.match(await page.text(), /<div id="root">/);
  const file = join(instance.dataDir, "credentials.json");
  assert.equal((await stat(file)).mode & 0o777, 0o600);
  const credentials = JSON.parse(await readFile(file, "utf8")) as Record<string, string>;
  const names = ["api_url", "dashboard_url", "api_key", "user_id", "org_id", "project_id"];
  const clientNames = ["oauth_client_id", "oauth_client_secret"];
  // Until the owner has a password, the link that sets it stands there too.
  assert.deepEqual(Object.keys(credentials).toSorted(), [...names, ...clientNames, "setup_url"].toSorted());
  for (const [name, prefix] of Object.entries({ user_id: "u_", org_id: "o_", project_id: "proj_" })) {
    assert.match(credentials[name] ?? "", new RegExp(`^${prefix}[0-9A-Za-z]{7,}$`));
  }
  const api = await instance.caller();
  assert.equal((await api.data<{ id: string }>("GET", "/users/me")).id, credentials["user_id"]);
  assert.match(instance.output, new RegExp(instance.url.replace("127.0.0.1", "(127\\.0\\.0\\.1|localhost)")));
}

async function stopByServer(t: TestContext, instance: Instance): Promise<void> {
  const startedAtMs = performance.now();
  process.kill(serverPid(instance), "SIGTERM");
  const { code } = await instance.exited;
  const tookMs = Math.round(performance.now() - startedAtMs);
  t.diagnostic(`stopped after ${tookMs} ms`);
  assert.equal(code, 0, instance.output);
  assert.ok(tookMs < STOPS_WITHIN_MS);
  assert.deepEqual(processTree(instance.pid), [], "nothing is left running");
}

async function measureStart(t: TestContext, options: InstanceOptions, what: string): Promise<Instance> {
  const startedAtMs = performance.now();
  const instance = await Instance.start(options);
  t.diagnostic(`${what}: ready after ${Math.round(performance.now() - startedAtMs)} ms`);
  return instance;
}

test(
  "npm start makes a running platform of a fresh clone, installing everything, as a normal user",
  TEST_TIMEOUT,
  async (t) => {
    await using clone = await cloneInto(tmpdir(), { isInstalled: false, ...(isRoot && { user: OTHER_USER }) });
    const first = await measureStart(t, clone.options, "first start with the installation");
    await assertStarted(first);
    await stopByServer(t, first);
    const second = await measureStart(t, clone.options, "second start");
    await assertStarted(second);
    await stopByServer(t, second);
  },
);

test(
  "npm start works for root in a home directory that nobody else may enter",
  { ...TEST_TIMEOUT, skip: !isRoot && "needs root" },
  async (t) => {
    const privateDir = await mkdtemp(join(homedir(), "millrace-private-"));
    try {
      await using clone = await cloneInto(privateDir, { isInstalled: true });
      const first = await measureStart(t, clone.options, "first start");
      await assertStarted(first);
      const key = (await first.credentials()).api_key;
      await stopByServer(t, first);
      const second = await measureStart(t, clone.options, "second start");
      assert.equal((await second.credentials()).api_key, key, "credentials stay");
      await stopByServer(t, second);
    } finally {
      await rm(privateDir, { recursive: true, force: true });
    }
  },
);

test("a data directory below a path that is too long for a socket works", TEST_TIMEOUT, async (t) => {
  const parent = await mkdtemp(join(tmpdir(), "millrace-long-"));
  const dataDir = join(parent, "directory-".repeat(9), "directory-".repeat(9), "data");
  await mkdir(dirname(dataDir), { recursive: true });
  try {
    const instance = await measureStart(t, { dataDir }, "first start");
    await assertStarted(instance);
    const { code } = await instance.stop();
    assert.equal(code, 0);
  } finally {
    await removeDataDir(dataDir);
    await rm(parent, { recursive: true, force: true });
  }
});
