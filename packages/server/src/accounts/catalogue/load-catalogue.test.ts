import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { test } from "node:test";
import { StartupError } from "../../core/index.ts";
import { loadCatalogue, type CatalogueProblem } from "./load-catalogue.ts";

const acme = {
  id: "app_abc1234",
  slug: "acme",
  name: "Acme",
  description: "Anvils.",
  categories: [],
  auth: { type: "keys", fields: [{ name: "api_key", label: "API key" }] },
};

function folderOf(files: Record<string, unknown>): Disposable & { path: string } {
  const path = mkdtempSync(join(tmpdir(), "millrace-catalogue-"));
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(path, name), typeof content === "string" ? content : JSON.stringify(content));
  }
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) };
}

function load(own: Record<string, unknown>, operators?: Record<string, unknown>) {
  using dir = folderOf(own);
  using operatorDir = operators && folderOf(operators);
  const problems: CatalogueProblem[] = [];
  const catalogue = loadCatalogue({
    dir: dir.path,
    operatorDir: operatorDir?.path ?? null,
    onProblem: (problem) => problems.push({ ...problem, file: basename(problem.file) }),
  });
  return { catalogue, problems };
}

void test("files with mistakes are named with their fields, and the others are read", () => {
  const { catalogue, problems } = load({
    "acme.json": acme,
    "broken.json": "{",
    "other.json": { ...acme, slug: "wrong" },
    "same-id.json": { ...acme, slug: "same-id" },
    "worse.json": { ...acme, slug: "worse", id: "app_7654321", categories: "x" },
    "notes.txt": "not a definition",
  });
  assert.deepEqual([...catalogue.apps.keys()], ["acme"]);
  assert.deepEqual(
    problems.map(({ file, problems: [first] }) => [file, first?.path, first?.message.slice(0, 24)]),
    [
      ["broken.json", "", "is no JSON: Expected pro"],
      ["other.json", "slug", "must be the file's name,"],
      ["same-id.json", "id", "is the id of acme alread"],
      ["worse.json", "categories", "must be array"],
    ],
  );
});

void test("the operator's files are laid over those of the catalogue, and add to them", () => {
  const { catalogue, problems } = load(
    { "acme.json": acme },
    { "acme.json": { name: "Acme of ours" }, "own.json": { ...acme, id: "app_1111111", slug: "own" } },
  );
  assert.deepEqual(problems, []);
  const names = [...catalogue.apps.values()].map(({ definition, origin }) => [definition.name, origin]);
  assert.deepEqual(names, [
    ["Acme of ours", "file"],
    ["Acme", "file"],
  ]);
});

void test("an app whose override is wrong stays as the catalogue has it", () => {
  const { catalogue, problems } = load({ "acme.json": acme }, { "acme.json": { auth: { type: "magic" } } });
  assert.equal(catalogue.apps.get("acme")?.origin, "catalogue");
  assert.deepEqual(
    problems[0]?.problems.map(({ path }) => path),
    ["auth.type"],
  );
});

void test("the hash changes with what the files say, not with how they are written", () => {
  const { hash } = load({ "acme.json": acme }).catalogue;
  assert.equal(load({ "acme.json": JSON.stringify(acme, null, 4) }).catalogue.hash, hash);
  assert.notEqual(load({ "acme.json": { ...acme, name: "B" } }).catalogue.hash, hash);
});

void test("a folder that is not there ends the start, naming the setting", () => {
  assert.throws(
    () => loadCatalogue({ dir: "/nowhere", operatorDir: null, onProblem: () => {} }),
    (error) => error instanceof StartupError && error.message.startsWith("MILLRACE_CATALOGUE_DIR: "),
  );
});
