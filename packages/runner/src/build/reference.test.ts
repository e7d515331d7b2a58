import assert from "node:assert/strict";
import { test } from "node:test";
import { ComponentFetchError } from "./component-files.ts";
import { parseComponentUrl } from "./reference.ts";

test("GitHub pages and raw addresses name the same file on the raw host", () => {
  const expected = { kind: "github", base: "http://mirror.test/acme/parts/main", entry: "a/b.mjs" };
  for (const url of [
    "https://github.com/acme/parts/blob/main/a/b.mjs",
    "https://github.com/acme/parts/tree/main/a/b.mjs",
    "https://github.com/acme/parts/raw/main/a/b.mjs",
    "https://raw.githubusercontent.com/acme/parts/main/a/b.mjs",
  ]) {
    assert.deepEqual(parseComponentUrl(url, "http://mirror.test/"), expected, url);
  }
});

test("A full git ref in a raw address is one ref", () => {
  const url = "https://raw.githubusercontent.com/acme/parts/refs/heads/main/a/b.mjs";
  assert.deepEqual(parseComponentUrl(url, "http://mirror.test"), {
    kind: "github",
    base: "http://mirror.test/acme/parts/refs/heads/main",
    entry: "a/b.mjs",
  });
});

test("The npm form takes scoped names, and the newest version when none is given", () => {
  assert.deepEqual(parseComponentUrl("npm:@acme/parts@^2.1/sources/x/x.mjs"), {
    kind: "npm",
    name: "@acme/parts",
    range: "^2.1",
    entry: "sources/x/x.mjs",
  });
  assert.deepEqual(parseComponentUrl("npm:parts/x"), { kind: "npm", name: "parts", range: "latest", entry: "x" });
});

test("Anything else is refused as a bad reference", () => {
  for (const url of [
    "",
    "x",
    "file:///etc/passwd",
    "ftp://host/x.mjs",
    "npm:parts",
    "npm:parts@git+https:/x",
    "npm:parts/../../etc/passwd",
    "https://github.com/acme/parts",
    "https://host.test/",
  ]) {
    assert.throws(
      () => parseComponentUrl(url),
      (error) => error instanceof ComponentFetchError && error.code === "bad_reference",
      url,
    );
  }
});
