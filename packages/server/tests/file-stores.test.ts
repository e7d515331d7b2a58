import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { addUser, startTestServer, TestBucket, type TestServer } from "../testing/index.ts";
import { nodeStep, returned, runToEnd, workflowOf } from "../testing/test-runs.ts";

const MB = 1024 * 1024;
const bucket = await TestBucket.start();
const LIMITS = { MILLRACE_FILE_SIZE_LIMIT: "24mb", MILLRACE_FILE_STORE_LIMIT: "40mb" };
const onDisk = await startTestServer({ env: LIMITS });
const inS3 = await startTestServer({ env: { ...LIMITS, ...bucket.env } });
after(async () => {
  await Promise.all([onDisk.close(), inS3.close()]);
  await bucket[Symbol.asyncDispose]();
});

interface Upload {
  key?: string;
  body?: string | Buffer;
  headers?: Record<string, string>;
}

/** The URL as this process reaches it. */
function reachable(server: TestServer, url: unknown): string {
  return server.url + new URL(String(url)).pathname;
}

function request(server: TestServer, method: string, path: string, more: Upload = {}) {
  const { key = server.apiKey, headers, ...init } = more;
  const url = `${server.url}/v1/projects/${server.projectId}/files${path}`;
  return fetch(url, { method, headers: { authorization: `Bearer ${key}`, ...headers }, ...init });
}

async function names(server: TestServer, query = ""): Promise<string[]> {
  const reply = await request(server, "GET", query);
  assert.equal(reply.status, 200);
  const { data } = (await reply.json()) as { data: { path: string; type: string }[] };
  return data.map(({ path, type }) => (type === "directory" ? `${path}/` : path));
}

for (const [where, server] of [
  ["on disk", onDisk],
  ["in S3", inS3],
] as const) {
  describe(`a file store ${where}`, () => {
    it("keeps what steps write, over a delay, for later steps and runs of its project only", async () => {
      const steps = [
        nodeStep(
          "write",
          `const out = $.files.open("/reports/./jan.bin").createWriteStream("application/x-report");
           for (let part = 0; part < 5; part++) out.write(Buffer.alloc(700_000, part));
           out.end(); await new Promise((done, fail) => out.once("finish", done).once("error", fail));
           await $.files.open("reports/ü #1.txt").fromReadableStream(new Blob(["hello"]).stream(), "text/plain");
           return $.files.open("reports/jan.bin");`,
        ),
        nodeStep("pause", "$.flow.delay(50);"),
        nodeStep(
          "read",
          `const file = steps.write.$return_value; const bytes = await file.toBuffer(); const seen = [];
           for await (const one of $.files.dir()) seen.push([one.path, one.isDirectory()]);
           for await (const one of $.files.dir("reports")) seen.push([one.path, one.isFile(), one.size]);
           const link = await $.files.open("reports/ü #1.txt").toUrl();
           const fetched = await (await fetch(link)).text();
           await file.toFile("/tmp/jan.bin");
           await $.files.open("copy.bin").fromFile("/tmp/jan.bin"); await $.files.open("copy.bin").delete();
           return { length: bytes.length, sum: bytes[0] + bytes[700_000] + bytes.at(-1), seen, link, fetched,
             middle: await file.toEncodedString("hex", 1_399_999, 1_400_001) };`,
        ),
      ];
      const workflow = await workflowOf(server, steps, { project_id: server.projectId });
      const run = await runToEnd(workflow);
      assert.equal(run.status, "success", JSON.stringify(run.error));
      const { link, ...read } = returned(run)["read"] as Record<string, unknown>;
      assert.deepEqual(read, {
        length: 3_500_000,
        sum: 5,
        seen: [
          ["reports", true],
          ["reports/jan.bin", true, 3_500_000],
          ["reports/ü #1.txt", true, 5],
        ],
        fetched: "hello",
        middle: "0102",
      });
      const download = await fetch(reachable(server, link));
      assert.deepEqual([download.headers.get("content-type"), await download.text()], ["text/plain", "hello"]);
      assert.match(
        download.headers.get("content-disposition") ?? "",
        /^attachment; filename\*=UTF-8''%C3%BC%20%231\.txt$/,
      );
      assert.equal((await fetch(reachable(server, link).replace(/\.[\w-]+\//, ".AAAA/"))).status, 404);

      const look = nodeStep(
        "look",
        `const seen = []; for await (const one of $.files.dir()) seen.push(one.path); return seen;`,
      );
      const outside = await workflowOf(server, [look]);
      const created = await server.call("POST", "/projects", { name: "Other" });
      const other = (created.body as { data: { id: string } }).data.id;
      const elsewhere = await workflowOf(server, [look], { project_id: other });
      for (const one of [outside, elsewhere]) assert.deepEqual(returned(await runToEnd(one))["look"], []);
    });

    it("takes, lists, sends and deletes files through the API, whatever their type", async () => {
      const body = Buffer.alloc(20 * MB, "x");
      body.write("end", body.length - 3);
      const put = await request(server, "PUT", "/big/file.bin", {
        body,
        headers: { "content-type": "application/zip" },
      });
      const { data } = (await put.json()) as { data: Record<string, unknown> };
      const { updated_at: _updatedAt, ...shown } = data;
      const file = { name: "file.bin", type: "file", size_bytes: body.length, content_type: "application/zip" };
      assert.deepEqual([put.status, shown], [200, { path: "big/file.bin", ...file }]);
      for (const path of ["a%2Fb%2Fc.json", "a/100% #1?.txt".replaceAll(/[%#?]/g, encodeURIComponent), "a/empty"]) {
        const content = path.endsWith("json") ? `{"not": "parsed"` : "";
        const headers = { "content-type": "application/json" };
        assert.equal((await request(server, "PUT", `/${path}`, { body: content, headers })).status, 200, path);
      }
      assert.deepEqual(await names(server, "?directory=a"), ["a/100% #1?.txt", "a/b/", "a/empty"]);
      assert.deepEqual(await names(server, "?directory=/a/b/"), ["a/b/c.json"]);
      assert.equal(await (await request(server, "GET", "/a/b/c.json")).text(), `{"not": "parsed"`);
      const got = await request(server, "GET", "/big/file.bin");
      assert.deepEqual([got.status, got.headers.get("content-type")], [200, "application/zip"]);
      assert.ok(Buffer.from(await got.arrayBuffer()).equals(body));
      const replaced = await request(server, "PUT", "/big/file.bin", { body: "small" });
      assert.equal(replaced.status, 200);
      assert.equal(await (await request(server, "GET", "/big/file.bin")).text(), "small");
      assert.equal((await request(server, "DELETE", "/big/file.bin")).status, 204);
      for (const method of ["GET", "DELETE"])
        assert.equal((await request(server, method, "/big/file.bin")).status, 404);
    });

    it("lists page by page", async () => {
      for (const name of ["1", "2", "3"]) await request(server, "PUT", `/paged/${name}`, { body: name });
      const first = await request(server, "GET", "?directory=paged&limit=2");
      const page = (await first.json()) as { page_info: { end_cursor: string; total_count: number } };
      assert.equal(page.page_info.total_count, 3);
      assert.deepEqual(await names(server, `?directory=paged&limit=2&after=${page.page_info.end_cursor}`), ["paged/3"]);
    });

    it("refuses what is too large or would fill it, and keeps the file that was there", async () => {
      await request(server, "PUT", "/limits/a", { body: "before" });
      const tooLarge = await request(server, "PUT", "/limits/a", { body: Buffer.alloc(25 * MB) });
      assert.deepEqual([tooLarge.status, ((await tooLarge.json()) as { code: string }).code], [413, "too_large"]);
      assert.equal(await (await request(server, "GET", "/limits/a")).text(), "before");
      assert.equal((await request(server, "PUT", "/limits/b", { body: Buffer.alloc(23 * MB) })).status, 200);
      assert.equal((await request(server, "PUT", "/limits/c", { body: Buffer.alloc(16 * MB) })).status, 413);
      assert.equal((await request(server, "DELETE", "/limits/b")).status, 204);
      const step = nodeStep(
        "w",
        `await $.files.open("limits/a").fromReadableStream([Buffer.alloc(25e6), Buffer.alloc(25e6)]);`,
      );
      const run = await runToEnd(await workflowOf(server, [step], { project_id: server.projectId }));
      assert.deepEqual([run.status, run.error?.name], ["error", "FileTooLargeError"]);
      assert.equal(await (await request(server, "GET", "/limits/a")).text(), "before");
    });

    it("takes no path that leads out of it, and no stranger", async () => {
      for (const path of ["..%2Fx", "a/..%2F..%2Fx", "%00", "a%0Ab", "x".repeat(1_025)]) {
        const reply = await request(server, "PUT", `/${path}`, { body: "x" });
        assert.equal(reply.status, 400, path);
      }
      const stranger = await addUser(server.db);
      for (const [method, path] of [
        ["GET", ""],
        ["GET", "/a/empty"],
        ["PUT", "/a/empty"],
        ["DELETE", "/a/empty"],
      ] as const) {
        assert.equal((await request(server, method, path, { key: stranger.apiKey })).status, 404, method + path);
      }
    });
  });
}

it("a file that is replaced while it is read fails the reader rather than mixing the two", async () => {
  const body = `const file = $.files.open("mixed"); await file.fromReadableStream([Buffer.alloc(3e6, 1)]);
    const stream = file.createReadStream(); await new Promise((read) => stream.once("readable", read));
    await $.files.open("mixed").fromReadableStream([Buffer.alloc(3e6, 2)]);
    try { let size = 0; for await (const part of stream) size += part.length; return size; } catch (error) { return error.name; }`;
  const run = await runToEnd(await workflowOf(onDisk, [nodeStep("mix", body)]));
  assert.equal(returned(run)["mix"], "FileChangedError", JSON.stringify(run.error));
});

it("a store that cannot be reached fails the step in words of its own", async () => {
  const workflow = await workflowOf(inS3, [nodeStep("w", `await $.files.open("x").fromReadableStream(["x"]);`)]);
  bucket.isDown = true;
  const run = await runToEnd(workflow);
  const reply = await request(inS3, "PUT", "/x", { body: "x" });
  bucket.isDown = false;
  assert.deepEqual([run.status, run.error?.message], ["error", "The file store can not be reached; try again"]);
  assert.equal(reply.status, 503);
});

it("files of requests lie in the bucket too, so that every node serves their links", async () => {
  const steps = [
    nodeStep("get", "const { url } = steps.trigger.event.body.doc; return [url, await (await fetch(url)).text()];"),
  ];
  const workflow = await workflowOf(inS3, steps, { triggers: [{ type: "http", props: {} }] });
  const form = new FormData();
  form.set("doc", new Blob(["part"]), "a.txt");
  const before = bucket.objects.size;
  assert.equal((await fetch(workflow.endpoint, { method: "POST", body: form })).status, 200);
  assert.equal(bucket.objects.size, before + 1);
  assert.deepEqual(await readdir(join(inS3.dataDir, "files")).catch(() => "none"), "none");
});
