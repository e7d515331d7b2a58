import type { MillraceClient } from "@millrace/client";
import { defineCommand } from "citty";
import { clientOf, serverArgs } from "../access/index.ts";
import { readEnvironment } from "../environment.ts";
import { UsageError } from "../run/index.ts";
import { say, told, when } from "../terminal/index.ts";
import { findSource } from "./find-source.ts";
import { limitOf, pagingArgs } from "./paging.ts";

const source = { type: "positional", description: "The source's id or name", required: true } as const;

/** `millrace describe` */
export const describe = defineCommand({
  meta: { name: "describe", description: "Show what a source is" },
  args: { source, code: { type: "boolean", description: "Its code, too", default: false }, ...serverArgs },
  run: ({ args }) =>
    told(async () => {
      const client = await clientOf(args, readEnvironment());
      const found = await findSource(client, args.source);
      const code = args.code ? (await client.call("getComponent", { id_or_key: found.component_id })).data.code : null;
      if (args.json) return say(JSON.stringify({ ...found, ...(code !== null && { code }) }));
      say(
        `${found.name} (${found.id}), ${found.active ? "active" : "inactive"}, updated ${when(found.updated_at * 1_000)}`,
      );
      say(`Component: ${found.component_id}`);
      say(`Events:    ${client.urlOf("streamSourceEvents", { source_id: found.id })}`);
      say(`Props:     ${JSON.stringify(found.configured_props, null, 2)}`);
      if (code !== null) say(`\n${code}`);
    }),
});

/** `millrace events`: the last events of a source, and those to come. */
export const events = defineCommand({
  meta: { name: "events", description: "Show the events of a source, the newest last" },
  args: {
    source,
    ...pagingArgs,
    ...serverArgs,
  },
  run: ({ args }) =>
    told(async () => {
      const limit = limitOf(args.number);
      const client = await clientOf(args, readEnvironment());
      const { id } = await findSource(client, args.source);
      const { data } = await client.call("listSourceEvents", { source_id: id, limit, expand: "event" });
      for (const one of data.toReversed()) say(eventText(one, args.json));
      if (args.follow) await follow(client, id, args);
    }),
});

/** `millrace logs`: what a source logs, as it does. */
export const logs = defineCommand({
  meta: { name: "logs", description: "Follow what a source logs, until Ctrl+C" },
  args: { source, ...serverArgs },
  run: ({ args }) =>
    told(async () => {
      const client = await clientOf(args, readEnvironment());
      const { id } = await findSource(client, args.source);
      await follow(client, id, { ...args, channel: "$logs" });
    }),
});

/** `millrace update`: also starts and stops a source. */
export const update = defineCommand({
  meta: { name: "update", description: "Change a source: its code, its name, whether it is active" },
  args: {
    source,
    code: { type: "string", description: "URL of the new code" },
    name: { type: "string", description: "A new name" },
    activate: { type: "boolean", description: "Start it", default: false },
    deactivate: { type: "boolean", description: "Stop it", default: false },
    ...serverArgs,
  },
  run: ({ args }) =>
    told(async () => {
      const { code, name, activate, deactivate } = args;
      if (activate && deactivate) throw new UsageError("--activate or --deactivate, not both");
      if (code === undefined && name === undefined && !activate && !deactivate) {
        throw new UsageError("Say what to change: --code, --name, --activate or --deactivate");
      }
      const client = await clientOf(args, readEnvironment());
      const { id } = await findSource(client, args.source);
      const { data } = await client.call("updateSource", {
        id,
        ...(code !== undefined && { component_url: code }),
        ...(name !== undefined && { name }),
        ...((activate || deactivate) && { active: activate }),
      });
      say(args.json ? JSON.stringify(data) : `${data.name} (${data.id}) is ${data.active ? "active" : "inactive"}`);
    }),
});

/** `millrace delete` */
export const deleteSource = defineCommand({
  meta: { name: "delete", description: "Delete a source with its events" },
  args: { source, ...serverArgs },
  run: ({ args }) =>
    told(async () => {
      const client = await clientOf(args, readEnvironment());
      const { id, name } = await findSource(client, args.source);
      await client.call("deleteSource", { id });
      say(args.json ? JSON.stringify({ deleted: id }) : `${name} (${id}) is deleted`);
    }),
});

async function follow(
  client: MillraceClient,
  sourceId: string,
  { channel, json }: { channel?: string; json: boolean },
): Promise<void> {
  const asked = { source_id: sourceId, ...(channel !== undefined && { event_name: channel }) };
  for await (const one of client.stream("streamSourceEvents", asked)) say(eventText(one, json));
}

function eventText(one: { id: string; indexed_at_ms: number; event: unknown }, json: boolean): string {
  return json ? JSON.stringify(one) : `${when(one.indexed_at_ms)}  ${JSON.stringify(one.event)}`;
}
