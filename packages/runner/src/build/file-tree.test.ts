import assert from "node:assert/strict";
import { test } from "node:test";
import { belongsToComponents, candidateEntries, looksLikeComponent } from "./file-tree.ts";

test("tests, declarations, apps and what is hidden or installed are no candidates", () => {
  const paths = [
    "actions/a/a.mjs",
    "sources/b.ts",
    "acme.app.mjs",
    "actions/a/a.test.mjs",
    "tests/c.mjs",
    "node_modules/x/index.js",
    ".cache/d.js",
    "types/e.d.ts",
    "package.json",
    "README.md",
  ];
  assert.deepEqual(candidateEntries(paths), ["actions/a/a.mjs", "sources/b.ts"]);
  assert.equal(belongsToComponents("package.json"), true, "its ranges count");
  assert.equal(belongsToComponents("acme.app.mjs"), true, "components import it");
});

test("of a source and what it was compiled to only the source counts", () => {
  assert.deepEqual(candidateEntries(["dist/actions/a.mjs", "actions/a.ts", "dist/actions/only.mjs"]), [
    "actions/a.ts",
    "dist/actions/only.mjs",
  ]);
  assert.deepEqual(candidateEntries(["pkg/dist/x.js", "pkg/src/x.ts"]), ["pkg/src/x.ts"]);
});

test("a component says its key and version and exports itself", () => {
  assert.ok(looksLikeComponent(`export default { key: "a", version: "1" };`));
  assert.ok(looksLikeComponent(`const key = "a", version = "1"; module.exports = { key, version };`));
  assert.ok(!looksLikeComponent(`export default { props: {} };`));
  assert.ok(!looksLikeComponent(`export const key = 1, version = 2;`));
});
