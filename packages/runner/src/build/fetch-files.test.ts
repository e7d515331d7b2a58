import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test, type TestContext } from "node:test";
import { ComponentFetchError, type ComponentFetchCode } from "./component-files.ts";
import { fetchComponentFiles } from "./fetch-files.ts";

/** A real HTTP origin with the given files. */
async function origin(t: TestContext, files: Record<string, string | Buffer>) {
  const requested: string[] = [];
  const server = createServer((request, response) => {
    requested.push(request.url ?? "");
    const file = files[(request.url ?? "").slice(1)];
    response.writeHead(file === undefined ? 404 : 200).end(file ?? "not found");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, requested };
}

const ports = {
  async download(url: string) {
    const response = await fetch(url);
    return { status: response.status, body: Buffer.from(await response.arrayBuffer()) };
  },
  packages: { ensure: () => Promise.reject(new Error("nothing is installed here")) },
};

function failsWith(code: ComponentFetchCode, text: RegExp) {
  return (error: unknown) => {
    assert.ok(error instanceof ComponentFetchError, String(error));
    assert.equal(error.code, code);
    assert.match(error.message, text);
    return true;
  };
}

test("A URL brings every relative import it reaches, each once, with extensions probed", async (t) => {
  const { url, requested } = await origin(t, {
    "apps/x/sources/new.mjs": `import app from "../x.app.mjs"; import "../common"; export default { app };`,
    "apps/x/x.app.mjs": `import { k } from "./common/index"; import axios from "axios"; export default { k };`,
    "apps/x/common/index.mjs": `export const k = 1; import("../../shared/later.js");`,
    "apps/shared/later.js": `module.exports = require("./data.json");`,
    "apps/shared/data.json": `{"a": 1}`,
  });
  const found = await fetchComponentFiles({ url: `${url}/apps/x/sources/new.mjs` }, ports);
  assert.equal(found.entry, "apps/x/sources/new.mjs");
  assert.deepEqual([...found.files.keys()].toSorted(), [
    "apps/shared/data.json",
    "apps/shared/later.js",
    "apps/x/common/index.mjs",
    "apps/x/sources/new.mjs",
    "apps/x/x.app.mjs",
  ]);
  assert.equal(new Set(requested).size, requested.length);
});

test("A query belongs to the entry alone, and an entry without an extension is recognised by its code", async (t) => {
  const { url } = await origin(t, {
    "raw/component?token=1": `import "./beside.mjs"; export default {};`,
    "raw/beside.mjs": `export {};`,
  });
  const found = await fetchComponentFiles({ url: `${url}/raw/component?token=1` }, ports);
  assert.equal(found.entry, "raw/component.mjs");
  assert.equal(found.files.size, 2);
});

test("A GitHub address is taken from the raw host, with the ranges of the nearest package.json", async (t) => {
  const { url, requested } = await origin(t, {
    "acme/parts/main/components/x/sources/new.mjs": `import app from "../x.app.mjs"; export default { app };`,
    "acme/parts/main/components/x/x.app.mjs": `export default {};`,
    "acme/parts/main/components/x/package.json": `{"name": "x", "version": "1.0.0", "dependencies": {"ms": "^2.0.0"}}`,
  });
  const found = await fetchComponentFiles(
    { url: "https://github.com/acme/parts/blob/main/components/x/sources/new.mjs" },
    { ...ports, githubRawUrl: url },
  );
  assert.deepEqual([...found.files.keys()], ["components/x/sources/new.mjs", "components/x/x.app.mjs"]);
  assert.deepEqual(found.ranges, { x: "1.0.0", ms: "^2.0.0" });
  assert.ok(requested.every((path) => path.startsWith("/acme/parts/main/")));
});

test("What is missing, too large, no text or unreachable is said by name", async (t) => {
  const { url } = await origin(t, {
    "a.mjs": `import "./gone.mjs"; export default {};`,
    "up.mjs": `import "../../gone.mjs"; export default {};`,
    "big.mjs": Buffer.alloc(5 * 1024 * 1024 + 1, " "),
    "image.mjs": Buffer.from([0xff, 0xfe, 0x00]),
    "many.mjs": Array.from({ length: 501 }, (_, index) => `import "./${index}.mjs";`).join("\n"),
  });
  await assert.rejects(fetchComponentFiles({ url: `${url}/none.mjs` }, ports), failsWith("not_found", /none\.mjs/));
  await assert.rejects(fetchComponentFiles({ url: `${url}/a.mjs` }, ports), failsWith("not_found", /"\.\/gone\.mjs"/));
  await assert.rejects(fetchComponentFiles({ url: `${url}/up.mjs` }, ports), failsWith("not_found", /imported by up/));
  await assert.rejects(fetchComponentFiles({ url: `${url}/big.mjs` }, ports), failsWith("too_large", /5 MB/));
  await assert.rejects(fetchComponentFiles({ url: `${url}/image.mjs` }, ports), failsWith("not_text", /image/));
  await assert.rejects(fetchComponentFiles({ url: `${url}/many.mjs` }, ports), failsWith("too_large", /500 files/));
  await assert.rejects(
    fetchComponentFiles({ url: "http://127.0.0.1:1/x.mjs" }, ports),
    failsWith("unreachable", /Could not fetch/),
  );
});
