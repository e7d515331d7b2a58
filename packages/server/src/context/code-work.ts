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
import type { WorkCounts } from "../telemetry/index.ts";
import { nodeBinary } from "./node-binary.ts";

export interface SandboxesOptions {
  log: Logger;
  config: Config;
  publicUrl: string;
  npmSettings: NpmSettings;
  counts: WorkCounts;
}

/** What runs code: sandboxes, and the packages that they share. Needs no database. */
export type Sandboxes = Awaited<ReturnType<typeof startSandboxes>>;

/** Turns code into components, and runs them. */
export type CodeWork = ReturnType<typeof buildCodeWork>;

const WORK_DIR = "runner";

/** Starts the sandboxes on top of the dependency store. @throws StartupError, SandboxEndedError */
export async function startSandboxes({ log, config, publicUrl, npmSettings, counts }: SandboxesOptions) {
  const workDir = join(config.dataDir, WORK_DIR);
  const storeDir = join(await runnerStateDir(workDir), "store");
  const dependencies = new DependencyStore({ storeDir, settings: npmSettings });
  const platform = new PlatformLayer({ store: dependencies, storeDir });
  const runner = await RunnerHost.start({
    ...{ workDir, storeDir, nodePath: nodeBinary() },
    egress: { allow: config.egressAllow, publicUrl },
    platformDir: await platform.dir(),
    blankCount: config.runner.blankCount,
    idleTimeoutMs: config.runner.idleTimeoutMs,
    ...(config.runner.sandboxTier !== null && { tier: config.runner.sandboxTier }),
    ...(config.runner.maxProcesses !== null && { maxProcesses: config.runner.maxProcesses }),
    onEvent: (event) => {
      counts.sandboxEvent(event);
      logRunnerEvent(log, event);
    },
  });
  return {
    ...{ dependencies, platform, runner },
    async stop() {
      await dependencies[Symbol.asyncDispose]();
      await runner.stop();
    },
  };
}

/** Builds components on top of the sandboxes. */
export function buildCodeWork(
  { dependencies, platform, runner }: Sandboxes,
  options: { db: Database; log: Logger; egress: Egress; githubRawUrl: string },
) {
  const { db, log, egress, githubRawUrl } = options;
  const builder = new ComponentBuilder({
    ...{ runner, dependencies, platform, githubRawUrl },
    download: egressDownload(egress),
    onError: (error) =>
      log.warn({ err: error }, "installing the platform packages failed; components run without preloading"),
  });
  return { runner, components: new Components({ db, builder, dependencies }) };
}

function logRunnerEvent(log: Logger, event: RunnerEvent): void {
  if (event.type === "egress") log.debug({ event }, "user code connects");
  else if (event.type === "late") log.debug({ event }, "user code went on after its invocation had ended");
  else log.warn({ event }, event.type === "crash" ? "a sandbox ended by itself" : "a sandbox could not be started");
}
