import assert from "node:assert/strict";
import { test } from "node:test";
import { checkDefinition } from "./check-definition.ts";

const good = {
  id: "app_abc1234",
  slug: "acme",
  name: "Acme",
  description: "Anvils.",
  categories: ["E-Commerce"],
  auth: { type: "keys", fields: [{ name: "subdomain", label: "Subdomain" }] },
  test: { url: "https://{{subdomain}}.acme.example/me" },
};

function problemsOf(changes: object): unknown {
  const checked = checkDefinition({ ...good, ...changes });
  return "problems" in checked ? checked.problems : [];
}

void test("a right definition passes as it is", () => {
  assert.deepEqual(checkDefinition(good), { definition: good });
});

void test("every wrong field is named, and what is wrong with it", () => {
  assert.deepEqual(problemsOf({ slug: "A b", name: 7, colour: "red" }), [
    { path: "colour", message: "is not a field of a definition" },
    { path: "slug", message: 'must match pattern "^[a-z0-9][a-z0-9_-]{0,79}$"' },
    { path: "name", message: "must be string" },
  ]);
});

void test("the fields of `auth` are judged by its type, not by all types", () => {
  const auth = {
    type: "oauth2",
    tokenUrl: "ftp://acme.example",
    scopes: "read",
    scopeDelimiter: ",",
    clientAuth: "body",
  };
  assert.deepEqual(problemsOf({ auth }), [
    { path: "auth.authorizeUrl", message: "is required" },
    { path: "auth.tokenUrl", message: 'must match pattern "^(https?://|\\{\\{)\\S+$"' },
    { path: "auth.scopes", message: "must be array" },
  ]);
  assert.deepEqual(problemsOf({ auth: { type: "magic" } }), [
    { path: "auth.type", message: "must be keys or oauth2 or oauth1 or none" },
  ]);
});

void test("a placeholder that is none of the app's fields is a mistake", () => {
  assert.deepEqual(problemsOf({ test: { url: "https://acme.example", headers: { Authorization: "{{api_key}}" } } }), [
    { path: "test.headers.Authorization", message: "holds {{api_key}}, which is none of the app's fields" },
  ]);
});

void test("a field that is there twice and a pattern that is none are mistakes", () => {
  const field = { name: "subdomain", label: "Subdomain", pattern: "[a" };
  assert.deepEqual(problemsOf({ auth: { type: "keys", fields: [{ ...field, pattern: "a" }, field] } }), [
    { path: "auth.fields[1].name", message: "subdomain is there twice" },
    { path: "auth.fields[1].pattern", message: "is no regular expression" },
  ]);
});

void test("what no database keeps as text is a mistake", () => {
  assert.deepEqual(problemsOf({ name: "a\0b" }), [{ path: "", message: "holds the character NUL" }]);
  assert.deepEqual(checkDefinition(null), { problems: [{ path: "", message: "must be object" }] });
});
