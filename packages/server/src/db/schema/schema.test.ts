import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { testDatabase } from "../../../testing/index.ts";

const SQL_TYPES: Record<string, string> = {
  text: "string",
  bigint: "number",
  integer: "number",
  boolean: "boolean",
  ARRAY: "string[]",
  bytea: "Buffer",
};

/** `table.column: type` of every row type, with `string` for unions of words. */
function declaredColumns(): string[] {
  const folder = new URL("./", import.meta.url);
  const names = readdirSync(folder).filter((name) => name.endsWith(".ts") && !name.includes("test"));
  const text = names.map((name) => readFileSync(new URL(name, folder), "utf8")).join("\n");
  const bodies = new Map(
    [...text.matchAll(/interface (\w+Table) \{\n(.*?)\n\}/gs)].map((match) => [match[1], match[2]]),
  );
  return [...text.matchAll(/^ {2}(\w+): (\w+Table);$/gm)].flatMap(([, table, type]) =>
    [...(bodies.get(type) ?? "").matchAll(/^ {2}(\w+):\s*(.+?);/gms)].map(
      ([, column, declared = ""]) => `${table}.${column}: ${normalise(declared)}`,
    ),
  );
}

function normalise(declared: string): string {
  const bare = declared.replace(/^Generated(?:Always)?<(.*)>$/s, "$1").replaceAll(/\s+/g, " ");
  return bare.replaceAll(/"\w+"/g, "string").replace(/^(?:\| )?string(?: \| string)+/, "string");
}

test("the row types name every column of every table, with its type and whether it may be null", async () => {
  await using fixture = await testDatabase();
  const { rows } = await fixture.db.query<{ name: string; type: string; nullable: string }>(
    `select c.table_name || '.' || c.column_name as name, c.data_type as type, c.is_nullable as nullable
     from information_schema.columns c join pg_class t on t.oid = c.table_name::regclass
     where c.table_schema = 'public' and not t.relispartition`,
  );
  const actual = rows.map((row) => {
    return `${row.name}: ${SQL_TYPES[row.type] ?? row.type}${row.nullable === "YES" ? " | null" : ""}`;
  });
  assert.deepEqual(declaredColumns().toSorted(), actual.toSorted());
});
