import assert from "node:assert/strict";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { buildBundle } from "./bundle.ts";
import { ComponentFetchError } from "./component-files.ts";
import { DependencyError } from "./dependency-error.ts";
import { DependencyStore } from "./dependency-store.ts";
import { fetchComponentFiles } from "./fetch-files.ts";
import { readNpmSettings } from "./npm-settings.ts";

let storeDir: string;
let store: DependencyStore;
before(async () => {
  storeDir = await mkdtemp(join(tmpdir(), "millrace-npm-"));
  await chmod(storeDir, 0o755);
  store = new DependencyStore({ storeDir, settings: readNpmSettings(process.env) });
});
after(() => rm(storeDir, { recursive: true, force: true }));

function fetchNpm(url: string) {
  return fetchComponentFiles({ url }, { download: () => Promise.reject(new Error("no downloads")), packages: store });
}

test("A third-party component builds from its npm package with the ranges that the package declares", async () => {
  const found = await fetchNpm("npm:@pipedream/postgresql@2.2.4/sources/new-row/new-row.mjs");
  assert.deepEqual(
    [...found.files.keys()],
    ["sources/new-row/new-row.mjs", "sources/common.mjs", "postgresql.app.mjs"],
  );
  const built = await buildBundle(found);
  assert.deepEqual(
    built.imports.map(({ name, range }) => [name, range]),
    [
      ["@pipedream/platform", "^2.0.0"],
      ["pg", "^8.7.1"],
      ["pg-format", "^1.0.4"],
    ],
  );
  const set = await store.ensure(built.imports);
  assert.ok(set.dir !== null && set.lock !== null);
});

test("A file that a package does not hold, and paths that leave it, are not found", async () => {
  for (const path of ["sources/none.mjs", "nothing", "sources"]) {
    await assert.rejects(
      fetchNpm(`npm:@pipedream/postgresql@2.2.4/${path}`),
      (error) => error instanceof ComponentFetchError && error.code === "not_found",
      path,
    );
  }
});

test("An unknown version of a component package is named", async () => {
  await assert.rejects(
    fetchNpm("npm:@pipedream/postgresql@99.9.9/x.mjs"),
    (error) => error instanceof DependencyError && /@pipedream\/postgresql@99\.9\.9/.test(error.message),
  );
});
