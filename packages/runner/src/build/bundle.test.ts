import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { ComponentCodeError } from "../invocation.ts";
import { buildBundle } from "./bundle.ts";
import { ComponentSyntaxError } from "./code-failure.ts";
import type { ComponentFiles } from "./component-files.ts";
import { fetchComponentFiles } from "./fetch-files.ts";

const NO_WORLD = {
  download: () => Promise.reject(new Error("nothing is downloaded here")),
  packages: { ensure: () => Promise.reject(new Error("nothing is installed here")) },
};

async function bundleText(code: string) {
  return buildBundle(await fetchComponentFiles({ code }, NO_WORLD));
}

function files(entry: string, texts: Record<string, string>, ranges: Record<string, string> = {}): ComponentFiles {
  return { entry, files: new Map(Object.entries(texts)), ranges };
}

/** Loads our own test code; bundles of users are never loaded here. */
async function defaultOf(code: string): Promise<unknown> {
  const url = `data:text/javascript;base64,${Buffer.from(code).toString("base64")}`;
  const loaded: unknown = await import(url);
  return loaded !== null && typeof loaded === "object" && "default" in loaded ? loaded.default : undefined;
}

/** A data: URL has no place to require from. */
function withoutBanner(code: string): string {
  return code.slice(code.indexOf("\n") + 1);
}

test("An ES module keeps its default export", async () => {
  const { code, imports } = await bundleText(`export default { name: "x", run() { return 1 } };`);
  assert.deepEqual(imports, []);
  assert.equal((await namedDefault(code)).name, "x");
});

test("CommonJS code becomes the default export", async () => {
  const { code } = await bundleText(`module.exports = { name: "cjs" };`);
  assert.equal((await namedDefault(code)).name, "cjs");
});

test("Compiled TypeScript in CommonJS exports its default", async () => {
  const { code } = await bundleText(
    `"use strict"; Object.defineProperty(exports, "__esModule", { value: true }); exports.default = { name: "compiled" };`,
  );
  assert.equal((await namedDefault(code)).name, "compiled");
});

test("TypeScript with an enum works without a file name", async () => {
  const { code } = await bundleText(`enum Kind { A = "typed" }\nexport default { name: Kind.A as string };`);
  assert.equal((await namedDefault(code)).name, "typed");
});

test("TypeScript's imports of types alone ask for no package", async () => {
  const { imports } = await bundleText(`import { Thing } from "things";\nexport default { run(x: Thing): void {} };`);
  assert.deepEqual(imports, []);
});

test("Version pins become aliases in every kind of import", async () => {
  const { code, imports } = await bundleText(`
    import axios from "axios@1.7.9";
    import fp from "lodash@4/fp";
    import fs from "node:fs";
    export { x } from "@scope/x@^2";
    const later = () => import("got@13.0.0/dist/index.js");
    export default { run() { return [axios, fp, fs, later, require("ms@2.1.3"), require("plain")] } };`);
  assert.deepEqual(
    imports.map(({ name, range }) => `${name}@${range}`),
    ["ms@2.1.3", "axios@1.7.9", "got@13.0.0", "lodash@4", "@scope/x@^2", "plain@latest"].toSorted((a, b) =>
      aliasKey(a).localeCompare(aliasKey(b)),
    ),
  );
  assert.match(code, /from "pin-axios-1\.7\.9"/);
  assert.match(code, /from "pin-lodash-4\/fp"/);
  assert.match(code, /import\("pin-got-13\.0\.0\/dist\/index\.js"\)/);
  assert.match(code, /__require\("pin-ms-2\.1\.3"\)/);
  assert.match(code, /from "node:fs"/);
});

function aliasKey(text: string): string {
  return text === "plain@latest" ? "plain" : `pin-${text.replace("@scope/", "scope-").replace("@", "-")}`;
}

test("Relative files are bundled, probed for their extension, and keep their names in the source map", async () => {
  const { code, imports } = await buildBundle(
    files(
      "sources/new/new.mjs",
      {
        "sources/new/new.mjs": `import app from "../../x.app.mjs"; import { k } from "../common"; export default { name: app.name + k, data: [] };`,
        "x.app.mjs": `import pg from "pg"; export default { name: "app", pg };`,
        "sources/common/index.js": `exports.k = "!";`,
      },
      { pg: "^8.7.1" },
    ),
  );
  assert.deepEqual(imports, [{ alias: "pg", name: "pg", range: "^8.7.1" }]);
  const map = JSON.parse(Buffer.from(code.split("base64,").at(-1) ?? "", "base64").toString("utf8")) as {
    sources: string[];
  };
  assert.ok(map.sources.includes("sources/new/new.mjs"), map.sources.join());
  assert.ok(map.sources.includes("x.app.mjs"), map.sources.join());
});

test("A syntax error names file, line and column", async () => {
  await assert.rejects(bundleText(`export default {\n  run() { return 1 + ; }\n};`), (error) => {
    assert.ok(error instanceof ComponentSyntaxError);
    assert.deepEqual(error.location, { file: "component.mjs", line: 2, column: 22 });
    assert.match(error.message, /^component\.mjs:2:22: Unexpected ";"/);
    assert.match(error.stackOfUser ?? "", /at component\.mjs:2:22/);
    return true;
  });
});

test("A TypeScript syntax error is reported where TypeScript breaks, not at the first type", async () => {
  await assert.rejects(bundleText(`const a: string = "";\nexport default { run() { return 1 + ; } };`), (error) => {
    assert.ok(error instanceof ComponentSyntaxError);
    assert.deepEqual(error.location, { file: "component.ts", line: 2, column: 37 });
    return true;
  });
});

test("module.exports in a file that is named an ES module is refused in plain words", async () => {
  await assert.rejects(
    buildBundle(files("a.mjs", { "a.mjs": `import fs from "fs";\nmodule.exports = { fs };` })),
    /a\.mjs:2:1: A file is either an ES module or CommonJS/,
  );
});

test("Code that mixes both without a file name is read leniently", async () => {
  const { code } = await bundleText(`import fs from "node:fs";\nmodule.exports = { name: typeof fs.readFileSync };`);
  assert.equal((await namedDefault(code)).name, "function");
});

test("A missing relative file, and a file beside code given as text, are refused by name", async () => {
  await assert.rejects(
    buildBundle(files("a.mjs", { "a.mjs": `import "./gone.mjs"; export default {};` })),
    /a\.mjs:1:8: Could not find "\.\/gone\.mjs"/,
  );
  await assert.rejects(bundleText(`import "./beside.mjs"; export default {};`), /cannot import "\.\/beside\.mjs"/);
});

test("Absolute paths and URLs cannot be imported", async () => {
  for (const specifier of ["/etc/passwd", "https://x.test/y.mjs", "../../outside.mjs"]) {
    await assert.rejects(
      buildBundle(files("a.mjs", { "a.mjs": `import ${JSON.stringify(specifier)}; export default {};` })),
      ComponentCodeError,
      specifier,
    );
  }
});

test("Code that would overflow the parser is refused", async () => {
  await assert.rejects(
    bundleText(`export default ${"(".repeat(2_000_000)}`),
    /component\.(js|mjs|ts) is nested too deeply/,
  );
});

test(
  "Builds survive the death of the process that all of them share",
  { skip: process.platform !== "linux" },
  async () => {
    const building = Array.from({ length: 5 }, (_, index) => bundleText(`export default { name: "${index}" };`));
    const children = readFileSync(`/proc/self/task/${process.pid}/children`, "utf8").trim().split(" ").map(Number);
    for (const pid of children) process.kill(pid, "SIGKILL");
    const built = await Promise.all(building);
    assert.match(built[4]?.code ?? "", /name: "4"/);
  },
);

async function namedDefault(code: string): Promise<{ name: unknown }> {
  const value = await defaultOf(withoutBanner(code));
  assert.ok(typeof value === "object" && value !== null && "name" in value);
  return value;
}
