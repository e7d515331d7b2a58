import { readFile } from "node:fs/promises";
import { MillraceClient } from "@millrace/client";
import { newId } from "../../packages/server/src/core/index.ts";
import { startPlatform, type Platform } from "../../packages/server/testing/instance/index.ts";

/**
 * Searching for components: recall@5 of the queries beside this file (written before any result was seen; every third
 * is held out: nothing was tuned by it) over real packages of npm, then the latency over 5,000 components.
 */

const APPS = (
  "apify aws brex canva clio docusign gitlab google_drive helper_functions launchdarkly linear_app linkedin " +
  "microsoft_outlook monday mysql notion notiff_io pipedream postgresql procore quickbooks ramp sftp shopify slack " +
  "youtube_data_api"
).split(" ");
const COUNT = 5_000;
const REQUESTS = 1_000;
const POLL_MS = 50;

interface Query {
  readonly text: string;
  /** Each is found when one of its keys is. */
  readonly targets: readonly (readonly string[])[];
  readonly isHeldOut: boolean;
}

const platform = await startPlatform();
const client = new MillraceClient({ url: platform.instance.url, token: platform.credentials.api_key });
try {
  await importAll();
  const known = new Set<string>();
  for await (const { key } of client.items("listRegistry")) known.add(key);
  const queries = await readQueries(known);
  await untilEmbedded();
  for (const isHeldOut of [false, true]) await measureRecall(queries, isHeldOut);
  await fillUp(platform, known.size);
  await untilEmbedded();
  await measureLatency(queries);
} finally {
  await platform[Symbol.asyncDispose]();
}

async function importAll(): Promise<void> {
  const startedMs = performance.now();
  const imports = [];
  for (const app of APPS) {
    imports.push(await client.call("createRegistryImport", { source: `npm:@pipedream/${app}`, scope: "instance" }));
  }
  const totals = { loaded: 0, failed: 0 };
  for (const { data } of imports) {
    let current = data;
    while (current.status !== "done" && current.status !== "failed") {
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      current = (await client.call("getRegistryImport", { id: data.id })).data;
    }
    if (current.error !== null) print(`${current.source}: ${current.error}`);
    totals.loaded += current.loaded;
    totals.failed += current.failed;
  }
  const seconds = (performance.now() - startedMs) / 1000;
  const perMinute = Math.round((totals.loaded / seconds) * 60);
  print(
    `imported ${totals.loaded} components of ${APPS.length} packages in ${seconds.toFixed(0)} s (${perMinute} a minute)`,
  );
  print(`${totals.failed} could not be loaded; queries for them are left out`);
}

async function readQueries(known: ReadonlySet<string>): Promise<Query[]> {
  const lines = (await readFile(new URL("queries.tsv", import.meta.url), "utf8")).trim().split("\n");
  return lines.flatMap((line, index): Query[] => {
    const [text = "", keys = ""] = line.split("\t");
    const targets = keys.split(" ").map((target) => target.split("/").filter((key) => known.has(key)));
    return targets.some(({ length }) => length === 0) ? [] : [{ text, targets, isHeldOut: index % 3 === 2 }];
  });
}

/** The first searches find new components embedded little by little. */
async function untilEmbedded(): Promise<void> {
  const startedMs = performance.now();
  for (;;) {
    const { debug } = await client.call("searchComponents", { query: "new item", limit: 100, debug: true });
    const { rows } = await platform.db.query<{ count: number }>(
      "select count(*) as count from registry_entries join component_search using (org_id, component_id) where vector is null",
    );
    if (rows[0]?.count === 0 && debug?.scores.every(({ similarity }) => similarity !== null)) break;
  }
  print(`embedded in ${((performance.now() - startedMs) / 1000).toFixed(1)} s`);
}

async function measureRecall(queries: readonly Query[], isHeldOut: boolean): Promise<void> {
  const asked = queries.filter((query) => query.isHeldOut === isHeldOut);
  let [found, total] = [0, 0];
  for (const { text, targets } of asked) {
    const { sources, actions } = await client.call("searchComponents", { query: text, limit: 5 });
    const answered = new Set([...sources, ...actions]);
    const hits = targets.filter((keys) => keys.some((key) => answered.has(key))).length;
    found += hits;
    total += targets.length;
    if (hits < targets.length && process.env["SHOW_MISSES"]) print(`  missed: ${text}`);
  }
  const recall = (found / total).toFixed(3);
  print(`recall@5 ${isHeldOut ? "held out" : "tuned by "}: ${recall} (${asked.length} queries, ${total} targets)`);
}

/** Adds components of made-up apps: what the real ones do, somewhere else. */
async function fillUp({ db, credentials }: Platform, have: number): Promise<void> {
  const { rows } = await db.query<{ key: string; kind: string; definition: string }>(
    "select key, kind, definition from components where org_id = $1 and key is not null and kind <> 'app' order by key",
    [credentials.org_id],
  );
  const made = Array.from({ length: COUNT - have }, (_, number) => {
    const row = rows[number % rows.length];
    const app = `vendor${Math.floor(number / 20)}`;
    const definition = JSON.parse(row?.definition ?? "{}") as Record<string, unknown>;
    const key = `${app}-${row?.key.replace(/^[^-]+-/, "") ?? ""}-${number}`;
    return {
      key,
      kind: row?.kind ?? "action",
      id: newId("component"),
      definition: { ...definition, key, apps: [app] },
    };
  });
  const columns = [
    made.map(({ id }) => id),
    made.map(({ key }) => key),
    made.map(({ kind }) => kind),
    made.map(({ definition }) => JSON.stringify(definition)),
  ];
  await db.query(
    `insert into components (org_id, component_id, key, version, name, kind, code, code_hash, bundle, definition,
       created_at_ms, updated_at_ms)
     select $1, id, key, '0.0.1', key, kind, '', id, '', definition, 0, 0
     from unnest($2::text[], $3::text[], $4::text[], $5::text[]) as made (id, key, kind, definition)`,
    [credentials.org_id, ...columns],
  );
  await db.query(
    `insert into registry_entries (key, org_id, component_id, published_at_ms)
     select key, org_id, component_id, 0 from components where org_id = $1 and code = ''`,
    [credentials.org_id],
  );
  await db.notify("components", null);
}

/** Each query is new, so that its embedding is not remembered. */
async function measureLatency(queries: readonly Query[]): Promise<void> {
  const tookMs: number[] = [];
  for (let number = 0; number < REQUESTS; number++) {
    const { text } = queries[number % queries.length] ?? { text: "" };
    const startedMs = performance.now();
    await client.call("searchComponents", { query: `${text} ${number}` });
    tookMs.push(performance.now() - startedMs);
  }
  const sorted = tookMs.toSorted((a, b) => a - b);
  const at = (share: number) => (sorted[Math.floor(sorted.length * share)] ?? 0).toFixed(1);
  print(
    `latency over ${COUNT} components, ${REQUESTS} searches: p50 ${at(0.5)} ms, p95 ${at(0.95)} ms, p99 ${at(0.99)} ms`,
  );
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
