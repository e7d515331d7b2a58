import { defineCommand, runMain } from "citty";
import * as commands from "./commands/index.ts";

const { deleteSource, describe, events, list, login, logout, logs, registry, replay, run, runs, update, whoami } =
  commands;

const millrace = defineCommand({
  meta: { name: "millrace", description: "Self-hosted event and workflow platform" },
  subCommands: {
    ...{ login, logout, whoami, list, describe, events, logs, update, delete: deleteSource },
    ...{ runs, replay, run, registry },
    // Those of the server's own program: `bin/millrace.mjs` starts it for them.
    start: defineCommand({ meta: { name: "start", description: "Start the server (settings: MILLRACE_… variables)" } }),
    backup: defineCommand({ meta: { name: "backup", description: "One archive of the whole instance" } }),
    restore: defineCommand({ meta: { name: "restore", description: "Restore an archive on an empty machine" } }),
  },
});

await runMain(millrace);
