import assert from "node:assert/strict";
import { test } from "node:test";
import { nullable, operation } from "@millrace/contract";
import { Type } from "typebox";
import { ApiError } from "../core/index.ts";
import { inputReader } from "./input.ts";

const declared = operation({
  id: "testInput",
  method: "POST",
  path: "/things/:thing_id",
  summary: "",
  tag: "",
  access: "public",
  params: Type.Object({ thing_id: Type.String() }),
  query: Type.Object({ limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })) }),
  body: Type.Object({
    count: Type.Optional(Type.Integer()),
    ratio: Type.Optional(Type.Number()),
    active: Type.Optional(Type.Boolean()),
    name: Type.Optional(Type.String()),
    note: Type.Optional(nullable(Type.String())),
    tags: Type.Optional(Type.Array(Type.String())),
    kind: Type.Optional(Type.Union([Type.Literal("a"), Type.Literal("b")])),
    props: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
    steps: Type.Optional(
      Type.Array(Type.Object({ name: Type.String(), wait: Type.Optional(nullable(Type.Integer())) })),
    ),
  }),
  status: 200,
  reply: Type.Object({}),
});
const read = inputReader(declared);

function input(query: Record<string, unknown>, body: Record<string, unknown> = {}) {
  const { thing_id: _id, ...rest } = read({ params: { thing_id: "t" }, query, body }) as Record<string, unknown>;
  return rest;
}

function problems(query: Record<string, unknown>, body: Record<string, unknown> = {}) {
  try {
    input(query, body);
  } catch (error) {
    if (error instanceof ApiError) return error.details?.map(({ path, message }) => `${path} ${message}`);
    throw error;
  }
  return [];
}

void test("text of the query is converted to what the schema wants", () => {
  assert.deepEqual(
    input({ limit: "5", count: "-7", ratio: "0.5", active: "true", name: "5", note: "x", tags: "one" }),
    {
      limit: 5,
      count: -7,
      ratio: 0.5,
      active: true,
      name: "5",
      note: "x",
      tags: ["one"],
    },
  );
  assert.deepEqual(input({ active: "0", tags: ["a", "b"], kind: "b", props: '{"a":[1]}' }), {
    active: false,
    tags: ["a", "b"],
    kind: "b",
    props: { a: [1] },
  });
});

void test("a repeated parameter that wants one value takes the last", () => {
  assert.deepEqual(input({ name: ["a", "b"], count: ["1", "2"] }), { name: "b", count: 2 });
});

void test("values of the body are not converted", () => {
  assert.deepEqual(problems({}, { count: "5", active: "true" }), ["count must be integer", "active must be boolean"]);
});

void test("the body wins over the query", () => {
  assert.deepEqual(input({ name: "query", count: "1" }, { name: "body" }), { name: "body", count: 1 });
});

void test("null means absent where null is no value, and itself where it is", () => {
  assert.deepEqual(input({}, { name: null, note: null }), { note: null });
});

void test("unknown fields are dropped", () => {
  assert.deepEqual(input({ other: "1" }, { more: 2, __proto__: { name: "x" } }), {});
});

void test("every problem is named by its path", () => {
  const body = { kind: "c", props: 1, steps: [{ wait: "x" }, 5] };
  assert.deepEqual(problems({ limit: "101", ratio: "1,5" }, body), [
    "limit must be <= 100",
    "ratio must be number",
    'kind must be "a" or "b"',
    "props must be object",
    "steps[0].name is required",
    "steps[0].wait must be integer or null",
    "steps[1] must be object",
  ]);
});

void test("what only looks like a number is refused", () => {
  for (const limit of ["1.5", "1e1", "0x1", " 1", "", "abc", "NaN"]) {
    assert.equal(problems({ limit })?.length, 1, JSON.stringify(limit));
  }
});

void test("texts with a NUL are named; inside free JSON it may stand", () => {
  const body = { name: "a\0", note: "\0", tags: ["fine", "\0"], kind: "a", props: { "\0": "\0" }, count: "x" };
  assert.deepEqual(problems({}, body), [
    "count must be integer",
    "name must not contain the character NUL",
    "note must not contain the character NUL",
    "tags[1] must not contain the character NUL",
  ]);
  assert.deepEqual(input({}, { props: { "\0": "\0" } }), { props: { "\0": "\0" } });
  assert.throws(() => read({ params: { thing_id: "dc_\0" }, query: {}, body: {} }), { status: 400 });
});

void test("JSON of the query without a bottom is refused", () => {
  assert.deepEqual(problems({ props: `{"a":${"[".repeat(7_000)}${"]".repeat(7_000)}}` }), ["props must be object"]);
});
