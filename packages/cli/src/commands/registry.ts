import { defineCommand } from "citty";
import { readEnvironment } from "../environment.ts";
import { clientOf, serverArgs } from "../access/index.ts";
import { addComponents, ProgressBar } from "../registry/index.ts";
import { UsageError } from "../run/index.ts";
import { say, told } from "../terminal/index.ts";

const org = { type: "string", description: "The workspace, when you belong to several" } as const;
const app = { type: "string", description: "Only components that use this app" } as const;

const add = defineCommand({
  meta: { name: "add", description: "Import the components of an npm package, a git repository or a folder" },
  args: {
    source: {
      type: "positional",
      description:
        "npm:<package>[@version], https://github.com/owner/repo[/tree/ref/path], git+<url>[#ref[:path]], or a folder",
      required: true,
    },
    scope: { type: "string", description: "instance: for every workspace; workspace: for one", default: "instance" },
    ...{ org, ...serverArgs },
  },
  run: ({ args }) =>
    told(async () => {
      const { source, scope } = args;
      if (scope !== "instance" && scope !== "workspace") throw new UsageError("--scope is instance or workspace");
      const bar = new ProgressBar(process.stderr);
      const client = await clientOf(args, readEnvironment());
      const report = await addComponents({ client, bar, source, scope, orgId: args.org }).finally(() => bar.clear());
      const { loaded, unchanged, failed, resolved, status, error } = report.import;
      const lines = report.failed.map((item) => `  ${item.path}: ${item.reason ?? ""}`);
      const summary = `${resolved ?? source}: ${loaded} loaded, ${unchanged} unchanged, ${failed} failed`;
      say(args.json ? JSON.stringify(report) : [...(error === null ? [] : [error]), summary, ...lines].join("\n"));
      if (status === "failed") process.exitCode = 1;
    }),
});

const list = defineCommand({
  meta: { name: "list", description: "List what the registry holds" },
  args: { q: { type: "string", description: "Part of the key or the name" }, ...{ app, ...serverArgs } },
  run: ({ args }) =>
    told(async () => {
      const client = await clientOf(args, readEnvironment());
      const filters = { ...(args.q !== undefined && { q: args.q }), ...(args.app !== undefined && { app: args.app }) };
      const found = [];
      for await (const one of client.items("listRegistry", filters)) found.push(one);
      const lines = found.map(({ key, version, type, name }) => `${key}  ${version}  ${type}  ${name}`);
      say(args.json ? JSON.stringify(found) : lines.join("\n") || "(nothing)");
    }),
});

const search = defineCommand({
  meta: { name: "search", description: "Find components by what they do" },
  args: {
    query: { type: "positional", description: 'For example "send a message to a channel"', required: true },
    ...{ app, ...serverArgs },
  },
  run: ({ args }) =>
    told(async () => {
      const client = await clientOf(args, readEnvironment());
      const input = { query: args.query, ...(args.app !== undefined && { app: args.app }) };
      const { sources, actions } = await client.call("searchComponents", input);
      const lines = [...sources.map((key) => `source  ${key}`), ...actions.map((key) => `action  ${key}`)];
      say(args.json ? JSON.stringify({ sources, actions }) : lines.join("\n") || "(nothing)");
    }),
});

const remove = defineCommand({
  meta: { name: "remove", description: "Take a component out of the registry; what was made from it keeps running" },
  args: {
    key: { type: "positional", description: "Its key", required: true },
    version: { type: "string", description: "Only this version" },
    ...serverArgs,
  },
  run: ({ args }) =>
    told(async () => {
      const client = await clientOf(args, readEnvironment());
      const { key, version } = args;
      await client.call("unpublishComponent", { key, ...(version !== undefined && { version }) });
      say(args.json ? JSON.stringify({ removed: key }) : `${key} is no longer in the registry`);
    }),
});

/** `millrace registry`: exit code 1 when the server refuses or an import fails, 2 when it was called wrongly. */
export const registry = defineCommand({
  meta: { name: "registry", description: "Components for all workspaces: add, list, search, remove" },
  subCommands: { add, list, search, remove },
});
