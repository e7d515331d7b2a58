import { join } from "node:path";
import {
  DependencyStore,
  PlatformLayer,
  RunnerHost,
  runnerStateDir,
  type NpmSettings,
  type RunnerEvent,
} from "@millrace/runner";
import type { Logger } from "pino";
import type { Config } from "../config/index.ts";
import type { Database } from "../db/index.ts";
import type { Egress } from "../egress/index.ts";
import { ComponentBuilder, Components, egressDownload } from "../registry/index.ts";
import { nodeBinary } from "./node-binary.ts";

export interface CodeWorkOptions {
  db: Database;
  log: Logger;
  config: Config;
  egress: Egress;
  publicUrl: string;
  npmSettings: NpmSettings;
}

const WORK_DIR = "runner";

/** What turns code into something that runs, and runs it. */
export type CodeWork = Awaited<ReturnType<typeof startCodeWork>>;

/** Starts the sandboxes; builds the dependency store and the components on top of them. */
export async function startCodeWork(options: CodeWorkOptions) {
  const { db, log, config, egress, npmSettings } = options;
  const workDir = join(config.dataDir, WORK_DIR);
  const storeDir = join(await runnerStateDir(workDir), "store");
  const dependencies = new DependencyStore({ storeDir, settings: npmSettings });
  const platform = new PlatformLayer({ store: dependencies, storeDir });
  const runner = await RunnerHost.start({
    ...{ workDir, storeDir, nodePath: nodeBinary() },
    egress: { allow: config.egressAllow, publicUrl: options.publicUrl },
    platformDir: await platform.dir(),
    blankCount: config.runner.blankCount,
    idleTimeoutMs: config.runner.idleTimeoutMs,
    ...(config.runner.sandboxTier !== null && { tier: config.runner.sandboxTier }),
    ...(config.runner.maxProcesses !== null && { maxProcesses: config.runner.maxProcesses }),
    onEvent: (event) => logRunnerEvent(log, event),
  });
  const builder = new ComponentBuilder({
    ...{ runner, dependencies, platform },
    download: egressDownload(egress),
    githubRawUrl: config.githubRawUrl,
    onError: (error) =>
      log.warn({ err: error }, "installing the platform packages failed; components run without preloading"),
  });
  return { runner, dependencies, components: new Components({ db, builder, dependencies }) };
}

function logRunnerEvent(log: Logger, event: RunnerEvent): void {
  if (event.type === "egress") log.debug({ event }, "user code connects");
  else if (event.type === "late") log.debug({ event }, "user code went on after its invocation had ended");
  else log.warn({ event }, event.type === "crash" ? "a sandbox ended by itself" : "a sandbox could not be started");
}
