import type { MillraceClient } from "@millrace/client";
import { defineCommand } from "citty";
import { clientOf, serverArgs } from "../access/index.ts";
import { readEnvironment } from "../environment.ts";
import { UsageError } from "../run/index.ts";
import { say, tableOf, told, when } from "../terminal/index.ts";

interface Listed {
  readonly items: readonly object[];
  readonly headings: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** `millrace list`: sources, streams, components or workflows. */
export const list = defineCommand({
  meta: { name: "list", description: "List sources, streams, components or workflows" },
  args: {
    what: {
      type: "positional",
      description: "sources (so), streams (st), components or workflows",
      required: false,
      default: "sources",
    },
    ...serverArgs,
  },
  run: ({ args }) =>
    told(async () => {
      const listing = LISTINGS[args.what];
      if (!listing) throw new UsageError(`list knows ${Object.keys(LISTINGS).join(", ")}, not ${args.what}`);
      const { items, headings, rows } = await listing(await clientOf(args, readEnvironment()));
      say(args.json ? JSON.stringify(items) : tableOf(headings, rows));
    }),
});

const LISTINGS: Readonly<Record<string, (client: MillraceClient) => Promise<Listed>>> = {
  sources: listSources,
  so: listSources,
  streams: listStreams,
  st: listStreams,
  components: listComponents,
  workflows: listWorkflows,
};

async function listSources(client: MillraceClient): Promise<Listed> {
  const items = await all(client.items("listMySources"));
  const rows = items.map(({ id, name, active, updated_at }) => [
    ...[name, id, active ? "active" : "inactive", when(updated_at * 1_000)],
  ]);
  return { items, headings: ["NAME", "ID", "STATE", "UPDATED"], rows };
}

async function listStreams(client: MillraceClient): Promise<Listed> {
  const items = (await all(client.items("listMySources"))).map(({ id, name }) => ({
    ...{ name, url: client.urlOf("streamSourceEvents", { source_id: id }) },
  }));
  return { items, headings: ["NAME", "SSE"], rows: items.map(({ name, url }) => [name, url]) };
}

async function listComponents(client: MillraceClient): Promise<Listed> {
  const items = await all(client.items("listComponents"));
  const rows = items.map(({ key, version, type, name }) => [key, version, type, name]);
  return { items, headings: ["KEY", "VERSION", "TYPE", "NAME"], rows };
}

async function listWorkflows(client: MillraceClient): Promise<Listed> {
  const items = await all(client.items("listWorkflows"));
  const rows = items.map(({ id, name, active }) => [name, id, active ? "active" : "inactive"]);
  return { items, headings: ["NAME", "ID", "STATE"], rows };
}

async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const found: Item[] = [];
  for await (const item of items) found.push(item);
  return found;
}
