import assert from "node:assert/strict";
import { test } from "node:test";
import { operations } from "./operations.ts";
import type { Operation } from "./operation.ts";

const all: [string, Operation][] = Object.entries(operations);

function namesIn(part: Operation["params"]): string[] {
  return Object.keys(part?.properties ?? {});
}

void test("each operation stands in the table under its own id", () => {
  for (const [key, operation] of all) assert.equal(operation.id, key);
});

void test("no two operations share a method and a path", () => {
  const places = all.map(([, operation]) => `${operation.method} ${operation.path.replace(/:\w+/g, ":")}`);
  assert.deepEqual(
    places.filter((place, index) => places.indexOf(place) !== index),
    [],
  );
});

void test("the parameters of each path are declared, and nothing else is", () => {
  for (const [id, operation] of all) {
    const named = [...operation.path.matchAll(/:(\w+)/g)].map((match) => match[1] ?? "");
    assert.deepEqual(namesIn(operation.params).toSorted(), named.toSorted(), id);
  }
});

void test("a name means one thing: path, query, body and common parameters do not overlap", () => {
  for (const [id, operation] of all) {
    const parts = [operation.params, operation.query, operation.body].flatMap(namesIn);
    const names = [...parts, "include", "exclude", "org_id"];
    assert.deepEqual(
      names.filter((name, index) => names.indexOf(name) !== index),
      [],
      id,
    );
  }
});

void test("lists take paging parameters", () => {
  for (const [id, operation] of all) {
    const reply: unknown = Reflect.get(operation.reply, "properties");
    if (typeof reply !== "object" || reply === null || !("page_info" in reply)) continue;
    assert.ok(namesIn(operation.query).includes("limit"), id);
  }
});

void test("only POST and PUT have a body", () => {
  for (const [id, operation] of all) {
    if (operation.body) assert.match(operation.method, /^(POST|PUT)$/, id);
  }
});
