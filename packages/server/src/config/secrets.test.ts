import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { loadNodeName, loadSecretKey, prepareDataDir } from "./index.ts";

const root = mkdtempSync(join(tmpdir(), "millrace-secrets-"));
after(() => rmSync(root, { recursive: true }));

function freshDir(): string {
  return mkdtempSync(join(root, "data-"));
}

test("the key is generated once into a file that only its owner can read", () => {
  const dataDir = freshDir();
  const first = loadSecretKey({ secretKey: null, dataDir, isProduction: true });
  const second = loadSecretKey({ secretKey: null, dataDir, isProduction: true });
  assert.equal(first.key.length, 32);
  assert.deepEqual(first, second);
  assert.equal(statSync(join(dataDir, "secret.key")).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(dataDir), ["secret.key"]);
});

test("a given key leaves no file, and another key has another fingerprint", () => {
  const dataDir = freshDir();
  const one = loadSecretKey({ secretKey: "Q2r0vKf1yZ8hXs5wLb7nTd3gJm6pUc9e", dataDir, isProduction: true });
  const two = loadSecretKey({ secretKey: "W2r0vKf1yZ8hXs5wLb7nTd3gJm6pUc9e", dataDir, isProduction: true });
  assert.notEqual(one.fingerprint, two.fingerprint);
  assert.deepEqual(readdirSync(dataDir), []);
});

for (const secretKey of ["short", "a".repeat(40), "please-change-me-please-change-me-now", "Q2r0vKf1yZ8hXs5wLb7n"]) {
  test(`in production a key such as "${secretKey.slice(0, 12)}…" is refused`, () => {
    assert.throws(() => loadSecretKey({ secretKey, dataDir: freshDir(), isProduction: true }), {
      code: "config_invalid",
      message: /MILLRACE_SECRET_KEY/,
    });
  });
}

test("a key file that lost its content is refused instead of opening the vault with nothing", () => {
  const dataDir = freshDir();
  writeFileSync(join(dataDir, "secret.key"), "");
  assert.throws(() => loadSecretKey({ secretKey: null, dataDir, isProduction: false }), { code: "config_invalid" });
});

test("the node's name is kept over restarts and differs between data directories", () => {
  const dataDir = freshDir();
  const name = loadNodeName({ nodeName: null, dataDir });
  assert.equal(loadNodeName({ nodeName: null, dataDir }), name);
  assert.notEqual(loadNodeName({ nodeName: null, dataDir: freshDir() }), name);
  assert.equal(loadNodeName({ nodeName: "mill-1", dataDir }), "mill-1");
});

test("a data directory that can not be made is refused with one line that names it", () => {
  const file = join(freshDir(), "file");
  writeFileSync(file, "");
  chmodSync(file, 0o600);
  assert.throws(() => prepareDataDir(join(file, "data")), { code: "data_dir_unusable", message: /MILLRACE_DATA_DIR/ });
});
