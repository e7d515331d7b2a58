import assert from "node:assert/strict";
import { test } from "node:test";
import { anyObject, dataOf, nullable, pageOf } from "@millrace/contract";
import { Type } from "typebox";
import { declaredOnly, filterFields } from "./reply.ts";

const item = Type.Object({ id: Type.String(), app: nullable(Type.Object({ id: Type.String() })), free: anyObject });

void test("only declared fields are answered, except in places that the schema leaves open", () => {
  const held = { id: "1", secret: "s", app: { id: "a", secret: "s" }, free: { any: { thing: 1 } } };
  assert.deepEqual(declaredOnly(dataOf(item), { data: held, more: 1 }), {
    data: { id: "1", app: { id: "a" }, free: { any: { thing: 1 } } },
  });
});

void test("an alternative is chosen by its fit", () => {
  const schema = dataOf(Type.Union([item, Type.Array(item)]));
  const held = { id: "1", app: null, free: {}, secret: "s" };
  assert.deepEqual(declaredOnly(schema, { data: [held] }), { data: [{ id: "1", app: null, free: {} }] });
});

void test("include and exclude filter the fields of data, include first", () => {
  const body = { data: { id: 1, name: "n", url: "u" } };
  assert.deepEqual(filterFields(body, { include: "id, name,unknown" }), { data: { id: 1, name: "n" } });
  assert.deepEqual(filterFields(body, { exclude: "id" }), { data: { name: "n", url: "u" } });
  assert.deepEqual(filterFields(body, { include: "id,name", exclude: "id" }), { data: { name: "n" } });
  assert.deepEqual(filterFields(body, { include: "" }), { data: {} });
});

void test("of a list each item is filtered, never page_info", () => {
  const body = { page_info: { count: 1 }, data: [{ id: 1, count: 2 }, "text"] };
  assert.deepEqual(filterFields(body, { exclude: "count,page_info" }), {
    page_info: { count: 1 },
    data: [{ id: 1 }, "text"],
  });
  assert.ok(pageOf(item));
});

void test("a bare reply without data is not filtered", () => {
  assert.deepEqual(filterFields({ sources: [] }, { include: "actions" }), { sources: [] });
});
