import { createHash, randomBytes } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import pg from "pg";
import { Database, ensurePartitions, migrate, type DatabaseOptions } from "../src/db/index.ts";
import { databaseServerUrl } from "./database-server.ts";

const MIGRATIONS = new URL("../src/db/migrations/", import.meta.url);
const LOCK_KEY = 0x74657374; // "test"

/** A database of one test alone. */
export interface TestDatabase extends AsyncDisposable {
  url: string;
  db: Database;
}

function urlOf(serverUrl: string, name: string): string {
  const url = new URL(serverUrl.replace("@/", "@dummy/"));
  url.pathname = `/${name}`;
  return url.href.replace("@dummy/", "@/");
}

async function withAdmin<T>(work: (admin: pg.Client) => Promise<T>): Promise<T> {
  const admin = new pg.Client({ connectionString: await databaseServerUrl() });
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.end();
  }
}

function templateName(): string {
  const hash = createHash("sha256");
  for (const name of readdirSync(MIGRATIONS).toSorted()) hash.update(readFileSync(new URL(name, MIGRATIONS)));
  return `millrace_t_template_${hash.digest("hex").slice(0, 12)}`;
}

async function hasDatabase(admin: pg.Client, name: string): Promise<boolean> {
  const { rowCount } = await admin.query("select 1 from pg_database where datname = $1", [name]);
  return rowCount === 1;
}

/** Migrates once for all tests; made under another name first, so that a template that exists is complete. */
async function ensureTemplate(admin: pg.Client): Promise<string> {
  const template = templateName();
  if (await hasDatabase(admin, template)) return template;
  await admin.query("select pg_advisory_lock($1)", [LOCK_KEY]);
  try {
    if (await hasDatabase(admin, template)) return template;
    const draft = `${template}_draft`;
    await admin.query(`drop database if exists ${draft} with (force)`);
    await admin.query(`create database ${draft}`);
    await migrate(urlOf(await databaseServerUrl(), draft));
    await admin.query(`alter database ${draft} rename to ${template}`);
  } finally {
    await admin.query("select pg_advisory_unlock($1)", [LOCK_KEY]);
  }
  return template;
}

async function createDatabase(options: { isEmpty: boolean }): Promise<string> {
  const name = `millrace_t${process.pid}_${randomBytes(5).toString("hex")}`;
  await withAdmin(async (admin) => {
    const template = options.isEmpty ? "template1" : await ensureTemplate(admin);
    await admin.query(`create database ${name} template ${template}`);
  });
  return name;
}

async function dropDatabase(name: string): Promise<void> {
  await withAdmin((admin) => admin.query(`drop database if exists ${name} with (force)`));
}

/** An empty database without our schema. */
export async function emptyDatabase(): Promise<{ url: string } & AsyncDisposable> {
  const name = await createDatabase({ isEmpty: true });
  return { url: urlOf(await databaseServerUrl(), name), [Symbol.asyncDispose]: () => dropDatabase(name) };
}

/** A fresh database with the schema and today's partitions, and a connection to it. Dispose of it at the end. */
export async function testDatabase(options: Partial<DatabaseOptions> = {}): Promise<TestDatabase> {
  const name = await createDatabase({ isEmpty: false });
  const url = urlOf(await databaseServerUrl(), name);
  const db = await Database.connect({ poolSize: 4, ...options, url });
  await ensurePartitions(db, Date.now());
  return {
    url,
    db,
    async [Symbol.asyncDispose]() {
      await db.close();
      await dropDatabase(name);
    },
  };
}
