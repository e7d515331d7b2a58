import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { basename } from "node:path";
import { test } from "node:test";
import { Validator } from "@seriousme/openapi-schema-validator";
import { operations } from "@millrace/contract";
import { allRoutes, type ApiServices } from "../src/api/index.ts";
import { startTestApi } from "../testing/index.ts";

const routesDir = new URL("../src/api/routes/", import.meta.url).pathname;
// Binding a route touches no service, so none is needed to list them.
const routes = allRoutes({} as ApiServices);
const ids = routes.map((route) => route.operation.id).toSorted();

void test("every operation of the contract has exactly one route, and nothing else has", () => {
  assert.deepEqual(ids, Object.keys(operations).toSorted());
});

void test("every file of a route is named after its operation and registered", () => {
  // Files with a dash in their name hold what the routes of a folder share.
  const files = readdirSync(routesDir, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts") && !path.endsWith(".test.ts"))
    .map((path) => basename(path, ".ts"))
    .filter((name) => name !== "index" && !name.includes("-"));
  assert.deepEqual(files.toSorted(), ids);
});

void test("each resource has a folder of its own", () => {
  const loose = readdirSync(routesDir, { withFileTypes: true }).filter((entry) => entry.isFile());
  assert.deepEqual(loose.map((entry) => entry.name).toSorted(), ["all-routes.ts", "index.ts"]);
});

void test("the OpenAPI document is valid and describes every operation", async () => {
  await using api = await startTestApi({ routes: "all" });
  const reply = await api.call("GET", "/v1/openapi.json", { token: null });
  const document = reply.body as { openapi: string; paths: Record<string, Record<string, { operationId: string }>> };
  const result = await new Validator().validate(structuredClone(reply.body) as Record<string, unknown>);
  assert.deepEqual(result.errors ?? [], []);
  assert.equal(document.openapi, "3.1.0");
  const described = Object.values(document.paths).flatMap((methods) => Object.values(methods));
  assert.deepEqual(described.map((operation) => operation.operationId).toSorted(), ids);
});

void test("the reference is served whole, without anything from elsewhere", async () => {
  await using api = await startTestApi();
  const page = await fetch(`${api.url}/docs/reference`);
  const html = await page.text();
  const scripts = [...html.matchAll(/src="([^"]+)"/g)].map((match) => match[1] ?? "");
  assert.equal(scripts.length, 2);
  for (const script of scripts) {
    const reply = await fetch(api.url + script);
    assert.deepEqual([reply.status, reply.headers.get("content-type")], [200, "text/javascript; charset=utf-8"]);
    assert.ok((await reply.text()).length > 100);
  }
  assert.match(page.headers.get("content-security-policy") ?? "", /connect-src 'self';/);
});
