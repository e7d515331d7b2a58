import { build, stop, type BuildOptions, type Message, type Metafile } from "esbuild";
import { ComponentCodeError } from "../invocation.ts";

/** What one job made. */
export interface EsbuildOutput {
  readonly text: string;
  readonly metafile: Metafile;
  readonly warnings: readonly Message[];
}

/** Rebuilds after a crash run one at a time, so that the code at fault is known. */
let recovery: Promise<unknown> = Promise.resolve();
/** Counts the processes that died, so that each is replaced once: replacing a live one would strand its jobs. */
let deaths = 0;

/**
 * Runs one esbuild job on virtual files. Code nested some 100,000 levels deep overflows esbuild's stack and ends the
 * process that all jobs share; the others are then repeated and only the culprit gets a `ComponentCodeError`.
 */
export async function runEsbuild(options: BuildOptions): Promise<EsbuildOutput> {
  try {
    return await runOnce(options);
  } catch (error) {
    if (!isServiceDeath(error)) throw error;
    const alone = recovery.then(() => runAlone(options));
    recovery = alone.catch(() => undefined);
    return alone;
  }
}

/** Twice, because a job that starts meanwhile may be the culprit. */
async function runAlone(options: BuildOptions): Promise<EsbuildOutput> {
  try {
    return await runOnce(options);
  } catch (error) {
    if (!isServiceDeath(error)) throw error;
  }
  try {
    return await runOnce(options);
  } catch (error) {
    if (!isServiceDeath(error)) throw error;
    throw new ComponentCodeError("The code is nested too deeply to be parsed", undefined, { cause: error });
  }
}

async function runOnce(options: BuildOptions): Promise<EsbuildOutput> {
  const deathsBefore = deaths;
  try {
    return await runJob(options);
  } catch (error) {
    if (isServiceDeath(error) && deaths === deathsBefore) {
      deaths++;
      await stop();
    }
    throw error;
  }
}

/** Nothing is read from or written to the disk but what the plugins of a job give it. */
async function runJob(options: BuildOptions): Promise<EsbuildOutput> {
  const result = await build({
    ...options,
    bundle: true,
    write: false,
    metafile: true,
    format: "esm",
    platform: "node",
    target: "node24",
    charset: "utf8",
    logLevel: "silent",
    absWorkingDir: "/",
    tsconfigRaw: "{}",
  });
  return { text: result.outputFiles[0]?.text ?? "", metafile: result.metafile, warnings: result.warnings };
}

function isServiceDeath(error: unknown): boolean {
  return error instanceof Error && /^The service (was stopped|is no longer running)/.test(error.message);
}
