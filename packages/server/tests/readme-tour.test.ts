import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { TestReceiver } from "../testing/index.ts";
import { startPlatform } from "../testing/instance/index.ts";
import { PostgresService, skipWithout } from "../testing/services/index.ts";

const run = promisify(execFile);
const CHECKOUT = join(dirname(fileURLToPath(import.meta.url)), "../../..");

/** The commands of the README's tour, as one script. */
async function tour(): Promise<string> {
  const text = await readFile(join(CHECKOUT, "README.md"), "utf8");
  const section = /\n## Five minutes\n(.*?)\n## /s.exec(text)?.[1] ?? "";
  return [...section.matchAll(/^```sh\n(.*?)^```$/gms)].map((match) => match[1]).join("\n");
}

/** Puts a reader's own details in place of the README's; fails when one of them is no longer there. */
function withDetails(script: string, details: readonly (readonly [string, string])[]): string {
  let changed = script;
  for (const [written, own] of details) {
    assert.ok(changed.includes(written), `the tour says ${written}`);
    changed = changed.replaceAll(written, own);
  }
  return changed;
}

test("the README's tour works as pasted", { skip: skipWithout("postgresql") }, async () => {
  await using postgres = await PostgresService.start();
  await using receiver = await TestReceiver.start();
  await using platform = await startPlatform();
  const { api, instance } = platform;
  const dir = await mkdtemp(join(tmpdir(), "millrace-tour-"));
  await symlink(instance.dataDir, join(dir, ".millrace"));
  const { port, user, password, database } = postgres;
  const script = withDetails(await tour(), [
    ["http://localhost:3000/v1", `${instance.url}/v1`],
    ["https://example.com/hook", `${receiver.url}/hook`],
    ["curl -N", "timeout 1 curl -sN"],
    ["npx millrace", "millrace"],
    ["-U reader shop", `-p ${port} -U ${user} ${database}`],
    [
      '"port": 5432, "user": "reader", "password": "secret", "database": "shop"',
      JSON.stringify({ port, user, password, database }).slice(1, -1),
    ],
  ]);
  try {
    const env = { ...process.env, PATH: `${CHECKOUT}/node_modules/.bin:${process.env["PATH"]}`, PGPASSWORD: password };
    const { stdout, stderr } = await run("bash", ["-c", script], { cwd: dir, env });
    assert.doesNotMatch(stdout, /"error":"/, stdout);
    assert.equal(stderr, "");
    assert.match(stdout, /"doubled": 42/);
    const sources = await api.data<{ id: string; name: string }[]>("GET", "/users/me/sources");
    const idOf = (name: string): string => sources.find((source) => source.name === name)?.id ?? "none";
    const bodies = (await api.eventsOf<{ body: unknown }>(idOf("orders"))).map((event) => event.body);
    assert.deepEqual(bodies, [{ order: 43 }, { order: 42 }]);
    assert.match((await receiver.next()).body, /"order":43/);
    const items = (await api.eventsOf<{ item: string }>(idOf("new orders"))).map((event) => event.item);
    assert.deepEqual(items.toSorted(), ["coffee", "first", "mate", "tea"]);
    assert.match(stdout, /\{"total":15\}/, "the workflow answers the request");
    assert.match(stdout, /^ +4 \| +12$/m, "a run of the source has written its row");
    assert.match(stdout, /^ +70 \| +15$/m, "a run of the request has written its row");
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
});
