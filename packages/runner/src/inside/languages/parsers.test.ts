import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { parseExactJson } from "./exact-json.ts";
import { readExports } from "./export-lines.ts";
import { encodeText, LengthError, TextFrameDecoder } from "./length-frames.ts";
import { inputsOf } from "./step-inputs.ts";
import type { StepRun } from "../steps/index.ts";

const NAME = fc.stringMatching(/^[A-Za-z_$][A-Za-z0-9_]{0,8}$/);

describe("frames to and from Python", () => {
  test("arrive whole, however they were chopped", () => {
    const texts = fc.array(fc.string({ unit: "grapheme" }), { maxLength: 6 });
    fc.assert(
      fc.property(texts, fc.integer({ min: 1, max: 9 }), (sent, chunkBytes) => {
        const bytes = Buffer.concat(sent.map(encodeText));
        const decoder = new TextFrameDecoder(1_000_000);
        const received: string[] = [];
        for (let at = 0; at < bytes.length; at += chunkBytes) {
          received.push(...decoder.push(bytes.subarray(at, at + chunkBytes)));
        }
        assert.deepEqual(received, sent);
      }),
    );
  });

  test("that are too large are refused as soon as they are announced", () => {
    assert.throws(() => new TextFrameDecoder(10).push(Buffer.from([11, 0, 0, 0])), LengthError);
  });
});

describe("JSON of scripts", () => {
  test("keeps the digits of long numbers, and all else as it is", () => {
    const long = '{"a":[12345678901234567890,-9007199254740993,1.5,1e3],"b":"12345678901234567890"}';
    assert.equal(
      JSON.stringify(parseExactJson(long)),
      '{"a":[12345678901234567890,-9007199254740993,1.5,1000],"b":"12345678901234567890"}',
    );
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value);
        assert.equal(JSON.stringify(parseExactJson(text)), JSON.stringify(JSON.parse(text)));
      }),
    );
  });
});

describe("the exports file of Bash", () => {
  test("holds one export a line, or over several", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(NAME, fc.jsonValue())), fc.boolean(), (pairs, isIndented) => {
        const text = pairs.map(([name, value]) => `${name}:json=${JSON.stringify(value, null, isIndented ? 2 : 0)}\n`);
        const read = readExports(text.join(""));
        assert.deepEqual(JSON.stringify(read), JSON.stringify(pairs));
      }),
    );
  });

  test("may be empty, and names what it cannot read", () => {
    assert.deepEqual(readExports("\n \n"), []);
    assert.throws(() => readExports("a:json="), { name: "ExportError", message: 'The export "a" is not JSON: ' });
    assert.throws(() => readExports("hello"), /"hello" is no export/);
  });
});

describe("inputs of Python", () => {
  const inputs = (props: object, invocation: object = {}): unknown =>
    inputsOf({ props, invocation: { auths: {}, ...invocation } } as unknown as StepRun);

  test("are stores when they are described so, or look so and nothing describes them", () => {
    assert.deepEqual(inputs({ a: "ds_1a", b: "ds_1-a", c: 1 }), {
      a: ["store", "ds_1a"],
      b: ["value", "ds_1-a"],
      c: ["value", 1],
    });
    const dynamicProps = [
      { name: "a", type: "string" },
      { name: "b", type: "data_store" },
      { name: "none", type: "string" },
      { name: "set", type: "integer", default: 3 },
    ];
    assert.deepEqual(inputs({ a: "ds_1a", b: "ds_2b" }, { dynamicProps }), {
      ...{ a: ["value", "ds_1a"], b: ["store", "ds_2b"], none: ["value", null], set: ["value", 3] },
    });
  });
});
