import assert from "node:assert/strict";
import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { after, describe, it } from "node:test";
import { TestBucket } from "../../testing/index.ts";
import { Egress } from "../egress/index.ts";
import { DiskObjects, S3Objects, writeStream, type ObjectStore } from "./index.ts";

const MB = 1024 * 1024;
const dir = await mkdtemp(join(tmpdir(), "millrace-objects-"));
const bucket = await TestBucket.start();
const egress = new Egress({ rules: { allow: [], publicUrl: bucket.url } });
const credentials = { accessKeyId: "AKIATEST", secretAccessKey: "secret", region: "eu-test-1" };
const service = { ...credentials, endpoint: bucket.url, egress };
after(async () => {
  await egress.stop();
  await bucket[Symbol.asyncDispose]();
  await rm(dir, { recursive: true });
});

async function put(objects: ObjectStore, key: string, ...chunks: Buffer[]): Promise<void> {
  const writer = await objects.write(key);
  for (const chunk of chunks) await writer.append(chunk);
  await writer.finish();
}

const nobody = async (): Promise<ReadonlySet<string>> => new Set();
const stores: [string, ObjectStore][] = [
  ["on disk", new DiskObjects({ dir })],
  ["in S3", new S3Objects({ service, bucket: "objects" })],
];

for (const [where, objects] of stores) {
  describe(`objects ${where}`, () => {
    it("come back whole and in parts, small, empty and large", async () => {
      const large = Buffer.concat([Buffer.alloc(9 * MB, "a"), Buffer.alloc(9 * MB, "b"), Buffer.from("end")]);
      await put(
        objects,
        "stores/file_Large",
        large.subarray(0, 4 * MB),
        large.subarray(4 * MB, 12 * MB),
        large.subarray(12 * MB),
      );
      await put(objects, "stores/file_Empty");
      const stream = await objects.stream("stores/file_Large", large.length);
      assert.ok(stream && (await buffer(stream)).equals(large));
      const part = await objects.read("stores/file_Large", { offset: 9 * MB - 1, length: 2 });
      assert.equal(part?.toString(), "ab");
      const last = await objects.read("stores/file_Large", { offset: large.length - 3, length: 100 });
      assert.equal(last?.toString(), "end");
      const empty = await objects.stream("stores/file_Empty", 0);
      assert.equal(empty && (await buffer(empty)).length, 0);
    });

    it("are not there before they are finished, nor when they were aborted, nor once deleted", async () => {
      const writer = await objects.write("file_Half");
      await writer.append(Buffer.alloc(6 * MB));
      assert.equal(await objects.read("file_Half", { offset: 0, length: 1 }), null);
      await writer.abort();
      assert.equal(await objects.stream("file_Half", 1), null);
      await put(objects, "file_Gone", Buffer.from("x"));
      await objects.delete("file_Gone");
      await objects.delete("file_Gone");
      assert.equal(await objects.read("file_Gone", { offset: 0, length: 1 }), null);
      const tooMuch = async (): Promise<number> =>
        writeStream(objects, "file_TooMuch", {
          source: (async function* () {
            yield Buffer.alloc(10);
          })(),
          onSize: (sizeBytes) => assert.ok(sizeBytes < 5, "too much"),
        });
      await assert.rejects(tooMuch(), /too much/);
      assert.equal(await objects.read("file_TooMuch", { offset: 0, length: 1 }), null);
    });

    it("take no key that could lead anywhere else", async () => {
      for (const key of ["../file_a", "stores/../file_a", "/etc/passwd", "stores/x/file_a", "file_a/b", "file_", ""]) {
        await assert.rejects(async () => objects.write(key), TypeError, key);
        await assert.rejects(async () => objects.read(key, { offset: 0, length: 1 }), TypeError, key);
      }
    });

    it("go when nobody uses them and they are old enough, unfinished ones too", async () => {
      for (const name of ["A", "B", "C"]) await put(objects, `kept/file_${name}`, Buffer.from(name));
      await put(objects, "other/file_D", Buffer.from("D"));
      const unfinished = await objects.write("kept/file_E");
      await unfinished.append(Buffer.alloc(6 * MB));
      const inUse = async (keys: readonly string[]) => new Set(keys.filter((key) => key.endsWith("B")));
      const early = { prefix: "kept/file_", beforeMs: Date.now() - 60_000, inUse: nobody };
      assert.equal(await objects.removeAbandoned(early), 0);
      const late = { prefix: "kept/file_", beforeMs: Date.now() + 60_000, inUse };
      assert.equal(await objects.removeAbandoned(late), 3);
      const left = ["kept/file_A", "kept/file_B", "kept/file_C", "other/file_D"];
      const found = await Promise.all(left.map((key) => objects.read(key, { offset: 0, length: 9 })));
      assert.deepEqual(
        found.map((content) => content?.toString() ?? null),
        [null, "B", null, "D"],
      );
      await unfinished.abort();
      assert.equal(bucket.uploads.size, 0);
    });
  });
}

it("on disk are for their owner's eyes only", async () => {
  const names = await readdir(join(dir, "stores"));
  const modes = await Promise.all(names.map(async (name) => (await stat(join(dir, "stores", name))).mode & 0o777));
  assert.deepEqual([...new Set(modes)], [0o600]);
});

it("in S3 that cannot be reached fail and say why", async () => {
  const objects = new S3Objects({ service, bucket: "objects" });
  bucket.isDown = true;
  await assert.rejects(put(objects, "file_Down", Buffer.from("x")), /503 SlowDown/);
  await assert.rejects(objects.read("file_Down", { offset: 0, length: 1 }), /503 SlowDown/);
  bucket.isDown = false;
});
