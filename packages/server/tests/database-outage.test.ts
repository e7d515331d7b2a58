import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Database, EmbeddedPostgres, type Hint } from "../src/db/index.ts";
import { emptyDatabase } from "../testing/index.ts";

const dataDir = mkdtempSync(join(tmpdir(), "millrace-outage-"));
let server: EmbeddedPostgres;

before(async () => {
  server = await EmbeddedPostgres.start({ dataDir });
});
after(async () => {
  await server.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

test("a database that is frozen makes callers fail as unavailable in time, and works again when it is back", async () => {
  const db = await Database.connect({ url: server.url, poolSize: 2, queryTimeoutMs: 300, connectTimeoutMs: 300 });
  const lane = db.openLane();
  await lane.query({ text: "select 1" });
  const { rows } = await db.query<{ pid: number }>("select pid from pg_stat_activity");
  const pids = [...new Set([server.pid, ...rows.map((row) => row.pid)])];
  for (const pid of pids) process.kill(pid, "SIGSTOP");
  const startedMs = performance.now();
  const calls = [
    db.query("select 1"),
    db.kysely.selectFrom("users").select("user_id").execute(),
    db.transaction((trx) => trx.selectFrom("users").select("user_id").execute()),
    lane.query({ text: "select 1" }),
    db.query("select 1"),
  ];
  for (const call of await Promise.allSettled(calls)) {
    assert.equal(call.status, "rejected");
    assert.equal((call.reason as { code: unknown }).code, "unavailable");
  }
  assert.ok(performance.now() - startedMs < 2_000);
  for (const pid of pids) process.kill(pid, "SIGCONT");
  await lane.query({ text: "select 1" });
  await Promise.all(Array.from({ length: 4 }, () => db.query("select 1")));
  await db.close();
});

test("connections that the server ends are replaced, and listeners are told to read again", async () => {
  const db = await Database.connect({ url: server.url });
  const lane = db.openLane();
  await lane.query({ text: "select 1" });
  const hints: Hint[] = [];
  const reread = new Promise<void>((resolve) => {
    db.listen("topic", (hint) => {
      hints.push(hint);
      if (hint.type === "reread") resolve();
    });
  });
  await db.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and datname is not null",
  );
  await reread;
  const message = new Promise<void>((resolve) => db.listen("topic", ({ type }) => type === "message" && resolve()));
  await db.notify("topic", "x".repeat(20));
  await message;
  await lane.query({ text: "select 1" });
  assert.deepEqual(hints.at(-1), { type: "message", payload: "x".repeat(20) });
  await db.close();
});

test("a payload too large for a notification becomes a request to read again", async () => {
  const db = await Database.connect({ url: server.url });
  const heard = new Promise<Hint>((resolve) => db.listen("topic", resolve));
  await db.notify("topic", "x".repeat(10_000));
  assert.deepEqual(await heard, { type: "reread" });
  await db.close();
});

test("a connection that breaks in the middle of a transaction fails that call alone", async () => {
  const db = await Database.connect({ url: server.url });
  await assert.rejects(
    db.transaction(async (trx) => {
      await trx.selectNoFrom((eb) => eb.lit(1).as("one")).execute();
      await db.query("select pg_terminate_backend(pid) from pg_stat_activity where state = 'idle in transaction'");
      await trx.selectNoFrom((eb) => eb.lit(1).as("one")).execute();
    }),
    { code: "unavailable" },
  );
  await db.query("select 1");
  await db.close();
});

test("a statement that is wrong keeps the driver's own error", async () => {
  const db = await Database.connect({ url: server.url });
  await assert.rejects(db.query("select nonsense"), { code: "42703" });
  await db.close();
});

async function speakNonsense(): Promise<{ port: number } & AsyncDisposable> {
  const sockets = new Set<Socket>();
  const nonsense = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.end("HTTP/1.1 400 Bad Request\r\n\r\n");
  });
  await new Promise<void>((resolve) => nonsense.listen(0, "127.0.0.1", resolve));
  const address = nonsense.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => nonsense.close(resolve));
    },
  };
}

test("a wrong DATABASE_URL is refused with one line that names it and never the password", async () => {
  await using nonsense = await speakNonsense();
  await using database = await emptyDatabase();
  const wrong = {
    "postgresql://u:hunter2@127.0.0.1:1/db": "database_unreachable",
    [`postgresql://u:hunter2@127.0.0.1:${nonsense.port}/db`]: "database_unreachable",
    "postgresql://u:hunter2@no-such-host.invalid/db": "database_unreachable",
    [server.url.replace("/millrace?", "/nowhere?")]: "database_missing",
    [database.url.replace("millrace@", "stranger@")]: "database_refused_login",
  };
  for (const [url, code] of Object.entries(wrong)) {
    await assert.rejects(Database.connect({ url }), (error: Error & { code?: string }) => {
      assert.equal(error.code, code, error.message);
      assert.match(error.message, /^DATABASE_URL: [^\n]+$/);
      assert.doesNotMatch(error.message, /hunter2/);
      return true;
    });
  }
});
