import { defineCommand, runMain } from "citty";
import { registry, run } from "./commands/index.ts";

const millrace = defineCommand({
  meta: { name: "millrace", description: "Self-hosted event and workflow platform" },
  subCommands: {
    run,
    registry,
    start: defineCommand({ meta: { name: "start", description: "Start the server (settings: MILLRACE_… variables)" } }),
  },
});

await runMain(millrace);
