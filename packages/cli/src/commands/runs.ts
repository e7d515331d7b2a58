import type { CallInput, CallReply, MillraceClient } from "@millrace/client";
import { setTimeout as pause } from "node:timers/promises";
import { defineCommand } from "citty";
import { clientOf, serverArgs } from "../access/index.ts";
import { readEnvironment } from "../environment.ts";
import { say, tableOf, told, when } from "../terminal/index.ts";
import { limitOf, pagingArgs } from "./paging.ts";

type Run = CallReply<"listWorkflowRuns">["data"][number];

const LOOK_EVERY_MS = 1_000;
const HEADINGS = ["STARTED", "STATUS", "RUN", "ERROR"];

/** `millrace runs`: the last runs of a workflow, and those to come. */
export const runs = defineCommand({
  meta: { name: "runs", description: "Show the runs of a workflow, the newest last" },
  args: {
    workflow: { type: "positional", description: "The workflow's id", required: true },
    status: { type: "string", description: "Only those: queued, running, paused, success, error or cancelled" },
    ...pagingArgs,
    ...serverArgs,
  },
  run: ({ args }) =>
    told(async () => {
      const limit = limitOf(args.number);
      const client = await clientOf(args, readEnvironment());
      const filter = { workflow_id: args.workflow, ...(args.status !== undefined && { status: args.status }) };
      const asked = { ...filter, limit } as CallInput<"listWorkflowRuns">;
      const { data } = await client.call("listWorkflowRuns", asked);
      const found = data.toReversed();
      say(args.json ? found.map((run) => JSON.stringify(run)).join("\n") : tableOf(HEADINGS, found.map(cellsOf)));
      if (args.follow) await follow(client, { asked, seen: found, json: args.json });
    }),
});

/** `millrace replay`: exit code 1 when the server refuses. */
export const replay = defineCommand({
  meta: { name: "replay", description: "Run a run's event again" },
  args: {
    run: { type: "positional", description: "The run's id", required: true },
    from: { type: "string", description: "The step to begin with: results of those before it are kept" },
    ...serverArgs,
  },
  run: ({ args }) =>
    told(async () => {
      const client = await clientOf(args, readEnvironment());
      const from = args.from === undefined ? {} : { from_step: args.from };
      const { data } = await client.call("replayRun", { run_id: args.run, ...from });
      say(args.json ? JSON.stringify(data) : `Runs again as ${data.id}`);
    }),
});

/** Shows each run when it begins and when its status changes. */
async function follow(
  client: MillraceClient,
  { asked, seen, json }: { asked: CallInput<"listWorkflowRuns">; seen: readonly Run[]; json: boolean },
): Promise<never> {
  const known = new Map(seen.map(({ id, status }) => [id, status]));
  for (;;) {
    await pause(LOOK_EVERY_MS);
    const { data } = await client.call("listWorkflowRuns", { ...asked, limit: 100 });
    for (const run of data.toReversed()) {
      if (known.get(run.id) === run.status) continue;
      known.set(run.id, run.status);
      say(json ? JSON.stringify(run) : cellsOf(run).join("  "));
    }
  }
}

function cellsOf({ started_at_ms, status, id, error }: Run): string[] {
  return [when(started_at_ms), status, id, error ? `${error.name}: ${error.message}` : ""];
}
