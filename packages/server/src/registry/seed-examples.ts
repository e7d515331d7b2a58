import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Database } from "../db/index.ts";
import type { Components } from "./components.ts";

const SETTING = "seeded_examples";

/**
 * Publishes the components below `dir` (`<name>/<name>.mjs`) in the registry, each once for good: what an administrator
 * takes out stays out. Safe to call at every start.
 */
export async function seedExamples(
  services: { db: Database; components: Components },
  options: { dir: string; orgId: string },
): Promise<void> {
  const seeded = await readSeeded(services.db);
  const names = (await exampleNames(options.dir)).filter((name) => !seeded.has(name));
  if (names.length === 0) return;
  await Promise.all(names.map((name) => publishExample(services.components, { ...options, name })));
  await services.db.query(
    `insert into instance_settings (name, value) values ($1, $2)
     on conflict (name) do update set value = excluded.value`,
    [SETTING, JSON.stringify([...seeded, ...names])],
  );
}

async function publishExample(
  components: Components,
  { dir, orgId, name }: { dir: string; orgId: string; name: string },
): Promise<void> {
  const code = await readFile(join(dir, name, `${name}.mjs`), "utf8");
  await components.publish(await components.createFromCode(orgId, code));
}

async function exampleNames(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
}

async function readSeeded(db: Database): Promise<Set<string>> {
  const { rows } = await db.query<{ value: string }>("select value from instance_settings where name = $1", [SETTING]);
  const names: unknown = JSON.parse(rows[0]?.value ?? "[]");
  return new Set(Array.isArray(names) ? names.map(String) : []);
}
