import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { assertShape, describedOperations } from "../../testing/index.ts";
import type { Example, SeedOperation } from "./example.ts";
import { seedOperations } from "./operations.ts";
import { cell, httpTrigger } from "./shapes.ts";
import { startWorld, type World } from "./world.ts";

let world: World;
before(async () => {
  world = await startWorld();
});
after(() => world[Symbol.asyncDispose]());

/** Puts in what the placeholders stand for. */
function filled(text: string): string {
  return text.replace(/\{(\w+)\}/g, (_whole, name: string) => {
    const value = world.names[name];
    assert.ok(value !== undefined && value !== "", `${name} is known`);
    return value;
  });
}

function bodyOf(value: unknown): unknown {
  if (typeof value === "string") return filled(value);
  if (Array.isArray(value)) return value.map(bodyOf);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, bodyOf(part)]));
}

async function replay({ method }: SeedOperation, example: Example): Promise<unknown> {
  const { url, token } = example.paid ? world.paid : { url: world.server.url, token: world.server.apiKey };
  const isOauth = example.path.startsWith("/oauth/");
  const response = await fetch(`${url}/v1${filled(example.path)}`, {
    method,
    headers: { "content-type": "application/json", ...(!isOauth && { authorization: `Bearer ${token}` }) },
    ...(example.body !== undefined && { body: JSON.stringify(bodyOf(example.body)) }),
  });
  const text = await response.text();
  assert.equal(response.status, example.status ?? 200, `${method} ${example.path}: ${text}`);
  return text === "" ? null : JSON.parse(text);
}

function at(value: unknown, path: readonly string[]): string {
  return String(path.reduce((part: unknown, name) => Reflect.get(part as object, name), value));
}

void test("each operation of the primary source has an example, and the OpenAPI document describes it", async () => {
  const described = await describedOperations(world.server.url);
  assert.equal(seedOperations.length, 32);
  for (const { title, operationId, method, examples } of seedOperations) {
    assert.ok(examples.length > 0, title);
    const operation = described.find(({ id }) => id === operationId);
    assert.equal(operation?.method, method, title);
    const pattern = new RegExp(`^${operation.path.replace(/\$/g, "\\$").replace(/:\w+/g, "[^/]+")}/?$`);
    for (const { path } of examples) {
      assert.match(path.split("?")[0]?.replace(/^\/orgs\//, "/workspaces/") ?? "", pattern, title);
    }
  }
});

for (const operation of seedOperations) {
  void test(`${operation.title}: as printed`, async () => {
    for (const example of operation.examples) {
      const reply = await replay(operation, example);
      if (example.reply !== undefined) assertShape(reply, example.reply, example.path);
      else if ((example.status ?? 200) < 400) assert.equal(reply, null);
      const items = (reply as { data?: unknown } | null)?.data;
      if (Array.isArray(items)) assert.ok(items.length > 0, `${example.path} lists something`);
      if (example.keep) world.names[example.keep.as] = at(reply, example.keep.at);
    }
  });
}

void test("Get a Workflow's details answers triggers and steps without an envelope", async () => {
  const { body } = await world.server.call("GET", `/workflows/${filled("{workflow}")}`);
  const { triggers, steps } = body as Record<string, unknown>;
  assertShape({ triggers, steps }, { triggers: [httpTrigger], steps: [cell] });
});

void test("Get Workflow Errors answers each field of the error and of its context", async () => {
  const path = `/workflows/${filled("{workflow}")}/$errors/event_summaries?expand=event`;
  const { data } = (await world.server.call("GET", path)).body as {
    data: { event: Record<"error" | "original_context", object> }[];
  };
  const { error, original_context: context } = data[0]?.event ?? { error: {}, original_context: {} };
  for (const name of ["code", "cellId", "ts", "stack"]) assert.ok(name in error, name);
  const names = ["id", "ts", "workflow_id", "deployment_id", "source_type", "verified", "owner_id", "platform_version"];
  for (const name of names) assert.ok(name in context, name);
});
