import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import type { Json, JsonObject } from "../../invocation.ts";
import { asText } from "../safe-json.ts";
import { returnedBy, TestClient } from "../testing-client.ts";

const code = (body: string, more = ""): string =>
  `export default defineComponent({ ${more} async run({ $, steps }) { ${body} } });`;

/** A server's side of data stores: pages of two. */
class StoreServer {
  readonly records = new Map<string, Json>();
  readonly seen: string[] = [];

  answer(method: string, { store, key, value, after, by, expected, ttlSeconds }: JsonObject): Json {
    this.seen.push(`${method} ${asText(store)} ${JSON.stringify(ttlSeconds ?? null)}`);
    const name = asText(key);
    if (method === "dataStore.get") return { found: this.records.has(name), value: this.records.get(name) ?? null };
    if (method === "dataStore.has") return this.records.has(name);
    if (method === "dataStore.setTtl") return this.records.has(name);
    if (method === "dataStore.set") this.records.set(name, value as Json);
    if (method === "dataStore.delete") this.records.delete(name);
    if (method === "dataStore.clear") this.records.clear();
    if (method === "dataStore.increment") {
      this.records.set(name, Number(this.records.get(name) ?? 0) + Number(by));
      return this.records.get(name) as Json;
    }
    if (method === "dataStore.compareAndSet") {
      if (JSON.stringify(this.records.get(name)) !== JSON.stringify(expected)) return false;
      this.records.set(name, value as Json);
      return true;
    }
    return this.#page(method, after as string | null);
  }

  #page(method: string, after: string | null): Json {
    if (method !== "dataStore.keys" && method !== "dataStore.entries") return null;
    const start = Number(after ?? 0);
    const rows = [...this.records].slice(start, start + 2);
    const next = start + 2 < this.records.size ? String(start + 2) : null;
    return method === "dataStore.keys" ? { keys: rows.map(([key]) => key), next } : { entries: rows, next };
  }
}

describe("a data store", () => {
  const start = async (body: string) => {
    const client = await TestClient.workflow(code(body, `props: { store: { type: "data_store" } },`));
    const server = new StoreServer();
    client.answerCall = (method, params) => server.answer(method, params);
    return { server, outcome: await client.step({}, { props: { store: "ds_1" } }) };
  };

  it("does what code asks of it, in JSON values and text keys", async () => {
    const { server, outcome } = await start(`
      const { store } = this;
      await store.set("a", { n: 1, when: new Date(0) }, { ttl: 60 }); await store.set(2, ""); await store.set("none");
      const seen = [await store.get("a"), await store.get("2"), await store.get("missing") === undefined, await store.has("a"), await store.has("b")];
      seen.push(await store.setTtl("a", null), await store.setTtl("a", 1.5), await store.keys(), await store.entries());
      const walked = []; for await (const [key, value] of store) walked.push([key, value]);
      await store.delete("a"); seen.push(walked.length, (await store.keys()).length); await store.clear(); seen.push(await store.keys());
      return seen;`);
    const a = { n: 1, when: "1970-01-01T00:00:00.000Z" };
    const entries = [
      ["a", a],
      ["2", ""],
      ["none", null],
    ];
    assert.deepEqual(returnedBy(outcome), [
      a,
      "",
      true,
      true,
      false,
      true,
      true,
      ["a", "2", "none"],
      entries,
      3,
      2,
      [],
    ]);
    assert.ok(server.seen.includes("dataStore.set ds_1 60"));
    assert.ok(server.seen.includes("dataStore.setTtl ds_1 1.5"));
  });

  it("adds and compares in one step each", async () => {
    const { outcome } = await start(`
      const { increment, compareAndSet } = this.store;
      return [await increment("n"), await increment("n", 2.5), await compareAndSet("k", undefined, 1), await compareAndSet("k", undefined, 2),
        await compareAndSet("k", 1, { a: 1 }), await this.store.get("k")];`);
    assert.deepEqual(returnedBy(outcome), [1, 3.5, true, false, true, { a: 1 }]);
  });

  it("takes hundreds of calls at once, refuses what is no JSON, and tells the server's errors", async () => {
    const many = await start(
      `await Promise.all(Array.from({ length: 300 }, (_, i) => this.store.set(i, i))); return (await this.store.keys()).length;`,
    );
    assert.equal(returnedBy(many.outcome), 300);
    for (const call of [
      `set("a", (() => { const a = []; a.push(a); return a })())`,
      `set("a", 1, { ttl: -1 })`,
      `increment("a", "x")`,
    ]) {
      assert.equal((await start(`await this.store.${call}`)).outcome.error?.name, "TypeError", call);
    }
    const client = await TestClient.workflow(
      code(`await this.store.get("a");`, `props: { store: { type: "data_store" } },`),
    );
    client.answerCall = () => {
      throw Object.assign(new Error("no such store"), { name: "NotFoundError" });
    };
    const { error } = await client.step({}, { props: { store: "ds_2" } });
    assert.deepEqual([error?.name, error?.message], ["NotFoundError", "no such store"]);
  });
});

describe("the file store", () => {
  const dir = mkdtempSync(join(tmpdir(), "millrace-files-"));
  after(() => rmSync(dir, { recursive: true }));

  /** A server's side of files, on uploads in parts. */
  const start = async (body: string, steps: unknown = {}, more = "") => {
    const files = new Map<string, Buffer>();
    const uploads = new Map<string, Buffer[]>();
    const parts: number[] = [];
    const client = await TestClient.workflow(code(body, more));
    client.answerCall = (method, { path, offset, length, upload, content, isLast, after }) => {
      const name = asText(path);
      const file = files.get(name);
      if (method === "files.write") {
        const id = asText(upload ?? `up_${uploads.size}`);
        const chunks = uploads.get(id) ?? [];
        chunks.push(Buffer.from(asText(content), "base64"));
        uploads.set(id, chunks);
        parts.push(chunks.at(-1)?.length ?? 0);
        if (isLast === true) files.set(name, Buffer.concat(chunks));
        return { upload: id };
      }
      if (method === "files.list") {
        const entry = (of: string) => ({ name: of, path: of, isDirectory: false, sizeBytes: 1, modifiedAtMs: 5 });
        if (after === null) return { entries: [...files.keys()].map(entry), next: "d/" };
        return { entries: [{ name: "d", path: "d", isDirectory: true }], next: null };
      }
      if (!file) throw Object.assign(new Error(`${name} does not exist`), { name: "FileNotFoundError" });
      if (method === "files.url") return { url: `https://files.test/${name}` };
      if (method === "files.delete") return files.delete(name);
      const chunk = file.subarray(Number(offset), Number(offset) + Number(length));
      return { content: chunk.toString("base64"), sizeBytes: file.length, contentType: null };
    };
    return { files, parts, outcome: await client.step(steps) };
  };

  it("moves contents both ways, large ones in parts", async () => {
    const local = join(dir, "in.bin");
    writeFileSync(local, Buffer.alloc(2_500_000, 7));
    const { files, parts, outcome } = await start(`
      const file = await $.files.open("a/b.bin").fromFile(${JSON.stringify(local)}, "application/octet-stream");
      await file.toFile(${JSON.stringify(join(dir, "out.bin"))});
      const text = $.files.open("t.txt"); const out = text.createWriteStream("text/plain");
      out.write("Grüße, "); out.end("Welt"); await new Promise((done) => out.once("finish", done));
      return [file.name, (await file.toBuffer()).length, await text.toEncodedString(), await text.toEncodedString("base64", 2, 6), await text.toUrl()];`);
    const encoded = Buffer.from("Grüße, Welt").subarray(2, 6).toString("base64");
    assert.deepEqual(returnedBy(outcome), ["b.bin", 2_500_000, "Grüße, Welt", encoded, "https://files.test/t.txt"]);
    assert.equal(files.get("a/b.bin")?.length, 2_500_000);
    assert.ok(parts.length >= 3 && Math.max(...parts) < 2_000_000, parts.join());
    assert.ok(readFileSync(join(dir, "out.bin")).equals(Buffer.alloc(2_500_000, 7)));
  });

  it("revives a file that an earlier step returned, and opens descriptors within other values", async () => {
    const written = await start(
      `await $.files.open("a.txt").fromReadableStream(new Blob(["hello"]).stream()); return $.files.open("a.txt");`,
    );
    const descriptor = returnedBy(written.outcome);
    assert.deepEqual(descriptor, { $type: "millrace.file", name: "a.txt", path: "a.txt" });
    const steps = { one: { $return_value: descriptor }, two: { $return_value: [descriptor] } };
    const { outcome } = await start(
      `await $.files.open("a.txt").fromReadableStream(new Blob(["again"]).stream());
       const [inList] = steps.two.$return_value;
       return [await steps.one.$return_value.toEncodedString(), inList.path, await $.files.openDescriptor(inList).toEncodedString()];`,
      steps,
    );
    assert.deepEqual(returnedBy(outcome), ["again", "a.txt", "again"]);
  });

  it("lists a directory, deletes, and fails for what is not there; a dir prop is the same", async () => {
    const { outcome } = await start(
      `await this.dir.open("x").fromReadableStream(new Blob(["1"]).stream());
       const seen = []; for await (const entry of this.dir.dir("/")) seen.push([entry.name, entry.isFile(), entry.size ?? null, entry.modifiedAt?.getTime() ?? null, entry.file?.path ?? null]);
       await $.files.open("x").delete(); try { await $.files.open("x").toBuffer(); } catch (error) { seen.push(error.name); } return seen;`,
      {},
      `props: { dir: { type: "dir", accessMode: "read-write" } },`,
    );
    assert.deepEqual(returnedBy(outcome), [
      ["x", true, 1, 5, "x"],
      ["d", false, null, null, null],
      "FileNotFoundError",
    ]);
  });
});

describe("an http_request prop", () => {
  it("is performed with its expressions evaluated, and is its data as an export", async () => {
    const server = createServer((request, response) => {
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ url: request.url, auth: request.headers.authorization }));
    });
    await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
    try {
      const { port } = server.address() as AddressInfo;
      const client = await TestClient.workflow(
        code(
          `const r = await this.request.execute(); $.export("status", r.status); return r;`,
          `props: { request: { type: "http_request" } },`,
        ),
      );
      const request = {
        ...{
          method: "GET",
          url: `http://127.0.0.1:${port}/{{event.id}}`,
          params: [{ name: "q", value: "{{event.q}}" }],
        },
        auth: { type: "bearer", token: "{{process.env.TOKEN}}" },
      };
      const steps = { trigger: { event: { id: 7, q: "a b" } } };
      const outcome = await client.step(steps, { props: { request }, envVars: { TOKEN: "secret" } });
      assert.deepEqual(returnedBy(outcome), { url: "/7?q=a+b", auth: "Bearer secret" });
      assert.equal(outcome.step?.exports["status"], "200");
      assert.doesNotMatch(outcome.step?.evaluatedProps ?? "", /secret/);
    } finally {
      server.close();
      server.closeAllConnections();
    }
  });
});
