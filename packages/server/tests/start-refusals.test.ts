import assert from "node:assert/strict";
import { mkdtemp, mkdir, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { emptyDatabase, startTestServer, testDatabase } from "../testing/index.ts";
import { Instance, removeDataDir, type InstanceOptions } from "../testing/instance/index.ts";

const REFUSED_WITHIN_MS = 15_000;

/** Starts a server that must refuse to run, and returns what it said. */
async function refusal(options: Partial<InstanceOptions>): Promise<string> {
  const dataDir = await mkdtemp(join(tmpdir(), "millrace-start-"));
  const instance = await Instance.launch({ dataDir, ...options });
  const timer = setTimeout(() => instance.killTree(), REFUSED_WITHIN_MS);
  try {
    const { code } = await instance.exited;
    assert.ok(code !== null && code !== 0, `ended with ${code} and said: ${instance.output}`);
    assert.doesNotMatch(instance.output, /^\s+at .*\.ts:/m, "a message, not a stack");
    return instance.output;
  } finally {
    clearTimeout(timer);
    await removeDataDir(dataDir);
  }
}

test("a port that is taken is named", async () => {
  const other = createServer();
  other.listen(0, "127.0.0.1");
  await once(other, "listening");
  const address = other.address();
  assert.ok(address !== null && typeof address === "object");
  const { port } = address;
  const said = await refusal({ port });
  other.close();
  assert.match(said, new RegExp(`${port}.*(taken|in use)`));
  assert.match(said, /MILLRACE_PORT/);
});

test("a port for mail that was chosen and is taken is named; the default one is done without", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  const address = other.address();
  assert.ok(address !== null && typeof address === "object");
  const said = await refusal({ env: { MILLRACE_SMTP_PORT: String(address.port) } });
  other.close();
  assert.match(said, new RegExp(`MILLRACE_SMTP_PORT.*:${address.port} is taken.*choose another port, or 0`));

  // Whoever has the default port, this test or another program, it is taken.
  const owner = createServer().on("error", () => {});
  owner.listen(2525, "127.0.0.1");
  await Promise.race([once(owner, "listening"), once(owner, "error")]);
  await using server = await startTestServer({ env: { MILLRACE_SMTP_PORT: "" } });
  const reply = await fetch(`${server.url}/readyz`);
  const { checks } = (await reply.json()) as { checks: Record<string, unknown> };
  owner.close();
  assert.equal(reply.status, 200);
  assert.deepEqual(checks["mail"], { ok: false, detail: "no mail is taken: the port is not free" });
});

test("a data directory that cannot be written is named", async () => {
  const parent = await mkdtemp(join(tmpdir(), "millrace-start-"));
  const file = join(parent, "file");
  await writeFile(file, "");
  const said = await refusal({ dataDir: join(file, "data") });
  await rm(parent, { recursive: true });
  assert.match(said, new RegExp(`${file}/data`));
});

test(
  "a data directory that belongs to someone else is named",
  { skip: process.getuid?.() === 0 ? false : "only root can start a server as another user" },
  async () => {
    const parent = await mkdtemp(join(tmpdir(), "millrace-start-"));
    const dataDir = join(parent, "data");
    await mkdir(dataDir, { mode: 0o700 });
    const said = await refusal({ dataDir, user: { uid: 1, gid: 1 } });
    await rm(parent, { recursive: true });
    assert.match(said, new RegExp(dataDir));
    assert.match(said, /permission|writ/i);
  },
);

test("a wrong DATABASE_URL is told by its server and reason, without its password", async () => {
  const nobody = await refusal({ env: { DATABASE_URL: "postgres://joe:pa55word@127.0.0.1:9/millrace" } });
  assert.match(nobody, /DATABASE_URL.*127\.0\.0\.1:9/);
  assert.doesNotMatch(nobody, /pa55word/);
  const other = await refusal({ env: { DATABASE_URL: "mysql://127.0.0.1/millrace" } });
  assert.match(other, /DATABASE_URL/);
});

test("a database that does not exist is named", async () => {
  await using database = await emptyDatabase();
  const url = database.url.replace(/millrace_t\w+/, "millrace_nowhere");
  assert.match(await refusal({ env: { DATABASE_URL: url } }), /millrace_nowhere.*does not exist/);
});

test("a database that is newer than the code is refused, and left as it is", async () => {
  await using database = await testDatabase();
  const insert = "insert into migrations (number, name, sha256, applied_at_ms) values (9999, '9999_later.sql', 'x', 0)";
  await database.db.pool.query(insert);
  const said = await refusal({ env: { DATABASE_URL: database.url } });
  assert.match(said, /newer than this version of Millrace.*9999_later\.sql/);
});

test("a setting that makes no sense is named", async () => {
  assert.match(await refusal({ env: { MILLRACE_EGRESS_ALLOW: "everything" } }), /MILLRACE_EGRESS_ALLOW/);
});

test("a second server on the same data directory is refused while the first one runs", async () => {
  const dataDir = await mkdtemp(join(tmpdir(), "millrace-start-"));
  const first = await Instance.start({ dataDir });
  try {
    const second = await Instance.launch({ dataDir });
    const { code } = await second.exited;
    assert.notEqual(code, 0);
    assert.match(second.output, new RegExp(`${dataDir} is in use`));
    assert.equal(await first.readiness(), 200, "the first one goes on");
  } finally {
    await first.stop();
    await removeDataDir(dataDir);
  }
});
