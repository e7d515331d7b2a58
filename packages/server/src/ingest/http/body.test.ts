import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseBody, type ParsedBody } from "./body.ts";
import type { FileLink } from "./multipart.ts";

interface StoredFile extends FileLink {
  text: string;
}

async function bodyOf(content: string | Buffer, contentType?: string) {
  const stored: StoredFile[] = [];
  const parsed: ParsedBody = await parseBody({
    bytes: Buffer.from(content),
    contentType,
    storeFile: async ({ bytes, filename, mimetype }) => {
      const link = { url: `http://files/${stored.length}`, filename, mimetype };
      stored.push({ ...link, text: bytes.toString() });
      return link;
    },
  });
  const read = (text: string | null): unknown => (text === null ? undefined : JSON.parse(text));
  return { body: read(parsed.body), bodyRaw: read(parsed.bodyRaw), stored };
}

function multipart(
  parts: { name: string; value: string; filename?: string; type?: string }[],
  boundary = "xYx",
): string {
  const lines = parts.map(({ name, value, filename, type }) => {
    const file = filename === undefined ? "" : `; filename="${filename}"`;
    const header = type === undefined ? "" : `\r\nContent-Type: ${type}`;
    return `--${boundary}\r\nContent-Disposition: form-data; name="${name}"${file}${header}\r\n\r\n${value}\r\n`;
  });
  return `${lines.join("")}--${boundary}--\r\n`;
}
const MULTIPART = "multipart/form-data; boundary=xYx";

test("without a body, body and bodyRaw stay absent", async () => {
  const { body, bodyRaw } = await bodyOf("", "application/json");
  assert.deepEqual([body, bodyRaw], [undefined, undefined]);
});

test("JSON bodies are parsed, and bodyRaw is exactly what came", async () => {
  const text = '{ "a": [1, 2.50],\n "ü": null }';
  for (const type of ["application/json", "Application/JSON; charset=utf-8", "application/vnd.api+json"]) {
    assert.deepEqual(await bodyOf(text, type), { body: { a: [1, 2.5], ü: null }, bodyRaw: text, stored: [] });
  }
});

test("any JSON value makes the round trip, and any text survives in bodyRaw", async () => {
  await fc.assert(
    fc.asyncProperty(fc.json(), async (text) => {
      const { body, bodyRaw } = await bodyOf(text, "application/json");
      assert.deepEqual(body, JSON.parse(text));
      assert.equal(bodyRaw, text);
    }),
  );
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: "binary", minLength: 1 }), async (text) => {
      const { bodyRaw } = await bodyOf(text, "application/json");
      assert.equal(bodyRaw, text);
    }),
  );
});

test("what is called JSON but is none stays text", async () => {
  assert.equal((await bodyOf("{broken", "application/json")).body, "{broken");
});

test("other types, and no type, stay text", async () => {
  assert.equal((await bodyOf('{"a":1}', "text/plain")).body, '{"a":1}');
  assert.equal((await bodyOf("<a/>", "application/xml")).body, "<a/>");
  assert.equal((await bodyOf('{"a":1}')).body, '{"a":1}');
});

test("a url-encoded form becomes an object, with arrays for repeated names", async () => {
  const { body, bodyRaw } = await bodyOf("a=1&b=x+y%26z&a=2&__proto__=p", "application/x-www-form-urlencoded");
  assert.deepEqual(Object.entries(body as object), [
    ["a", ["1", "2"]],
    ["b", "x y&z"],
    ["__proto__", "p"],
  ]);
  assert.equal(bodyRaw, "a=1&b=x+y%26z&a=2&__proto__=p");
});

test("a multipart form becomes fields and links to files; with files there is no bodyRaw", async () => {
  const { body, bodyRaw, stored } = await bodyOf(
    multipart([
      { name: "title", value: "Ünö" },
      { name: "doc", value: "file text", filename: "a b.txt", type: "text/plain" },
      { name: "tag", value: "x" },
      { name: "tag", value: "y" },
    ]),
    MULTIPART,
  );
  assert.deepEqual(body, {
    title: "Ünö",
    doc: { url: "http://files/0", filename: "a b.txt", mimetype: "text/plain" },
    tag: ["x", "y"],
  });
  assert.equal(bodyRaw, undefined);
  assert.deepEqual(
    stored.map((file) => file.text),
    ["file text"],
  );
});

test("files keep their bytes", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 2_000 }), async (content) => {
      const head = `--xYx\r\nContent-Disposition: form-data; name="f"; filename="b.bin"\r\n\r\n`;
      const bytes = Buffer.concat([Buffer.from(head), content, Buffer.from("\r\n--xYx--\r\n")]);
      let kept: Buffer | null = null;
      await parseBody({
        bytes,
        contentType: MULTIPART,
        storeFile: async (file) => {
          kept = file.bytes;
          return { url: "u", filename: file.filename, mimetype: file.mimetype };
        },
      });
      assert.deepEqual(kept, Buffer.from(content));
    }),
    { numRuns: 50 },
  );
});

test("a multipart body that is none stays text", async () => {
  assert.equal((await bodyOf("not parts", MULTIPART)).body, "not parts");
  assert.equal((await bodyOf("no boundary", "multipart/form-data")).body, "no boundary");
});

test("no body, whatever its type says, makes the parser throw", async () => {
  const types = fc.constantFrom(
    "application/json",
    "application/x-www-form-urlencoded",
    MULTIPART,
    "multipart/form-data",
    "a;b=c",
  );
  await fc.assert(
    fc.asyncProperty(types, fc.uint8Array({ maxLength: 500 }), async (type, content) => {
      const { body } = await bodyOf(Buffer.from(content), type);
      assert.equal(body === undefined, content.length === 0);
    }),
  );
});
