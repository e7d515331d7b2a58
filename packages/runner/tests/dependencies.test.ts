import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { sourceCode, TestHost, type TestHostOptions } from "../testing/index.ts";

const CODE = sourceCode("return version;", `import { version } from "axios";`);

/** A dependency set in the host's store with one package that only tells its version. */
async function installed(storeDir: string, version: string): Promise<string> {
  const dir = join(storeDir, `set-${version}`);
  const packageDir = join(dir, "node_modules", "axios");
  await mkdir(packageDir, { recursive: true });
  await writeFile(join(packageDir, "package.json"), '{"name":"axios","type":"module","exports":"./index.js"}');
  await writeFile(
    join(packageDir, "index.js"),
    `globalThis.loads = (globalThis.loads ?? 0) + 1; export const version = "${version}/" + globalThis.loads;`,
  );
  return dir;
}

async function versionIn(host: TestHost, dependencyDir: string): Promise<string | null> {
  const result = await host.run(host.deploy("", { bundle: { code: CODE, dependencyDir } }));
  assert.equal(result.error, null, JSON.stringify(result.error));
  return result.returnValue;
}

const tiers: Record<string, TestHostOptions> = { "the best tier": {}, "tier C": { tier: "C" } };
for (const [name, options] of Object.entries(tiers)) {
  test(`in ${name}, packages come from the deployment's own set, in different versions side by side`, async () => {
    await using host = await TestHost.start(options);
    const dirs = [await installed(host.host.storeDir, "1.0.0"), await installed(host.host.storeDir, "2.0.0")];
    const seen = await Promise.all(dirs.map((dir) => versionIn(host, dir)));
    assert.deepEqual(seen, ['"1.0.0/1"', '"2.0.0/1"']);
    const none = await host.run(host.deploy(CODE));
    assert.equal(none.error?.code, "LOAD_FAILED");
  });
}

test("a platform set is loaded ahead of time and not a second time", async () => {
  await using host = await TestHost.start({ blankCount: 0 });
  const dir = await installed(host.host.storeDir, "3.0.0");
  await versionIn(host, dir);
  host.host.usePlatformDir(dir);
  assert.equal(await versionIn(host, dir), '"3.0.0/1"');
  assert.throws(() => host.host.usePlatformDir("/etc"), /not in the dependency store/);
});
