import {
  buildBundle,
  ComponentCodeError,
  ComponentFetchError,
  DependencyError,
  DependencyStore,
  fetchComponentFiles,
  localComponentFiles,
  RunnerHost,
  type CodeBundle,
  type ComponentDefinition,
  type ComponentFiles,
  type HttpResponse,
  type InvocationResult,
} from "@millrace/runner";
import type { CliEnvironment } from "../environment.ts";
import { invocationOf, isStep, LOCAL_STEP, type RunInput } from "./invocation.ts";
import { readState, writeState } from "./state-file.ts";
import { UsageError } from "./usage-error.ts";

/** One component to run once on this machine. */
export interface LocalRun extends RunInput {
  /** A file, or an address of one (https, GitHub, `npm:`). */
  readonly component: string;
  /** CIDRs that the component may reach besides public addresses. */
  readonly allow: readonly string[];
  /** Keeps `$.service.db` between runs; null: starts empty and forgets. */
  readonly stateFile: string | null;
}

export interface LocalRunReport {
  readonly definition: ComponentDefinition;
  readonly sandboxTier: string;
  readonly result: InvocationResult;
  readonly response: HttpResponse | null;
}

/**
 * Builds a component and runs it once in a sandbox, as the server would.
 * Throws `UsageError` when it cannot be built or started; an error of the run itself is in the report.
 */
export async function runLocally(run: LocalRun, environment: CliEnvironment): Promise<LocalRunReport> {
  const host = await RunnerHost.start({
    workDir: environment.cacheDir,
    nodePath: process.execPath,
    egress: { allow: run.allow },
    blankCount: 1,
  });
  try {
    const store = new DependencyStore({ storeDir: host.storeDir, settings: environment.npm });
    const bundle = await build(run.component, store);
    const definition = await host.inspect(bundle, { orgId: "local" }).catch(asUsageError);
    return { definition, sandboxTier: host.tier.tier, ...(await invoke(host, { run, bundle, definition })) };
  } finally {
    await host.stop();
  }
}

async function build(component: string, store: DependencyStore): Promise<CodeBundle> {
  try {
    const { code, imports } = await buildBundle(await filesOf(component, store));
    const { dir } = await store.ensure(imports);
    return { code, dependencyDir: dir };
  } catch (error) {
    return asUsageError(error);
  }
}

function filesOf(component: string, store: DependencyStore): Promise<ComponentFiles> {
  if (!/^(https?|npm):/.test(component)) return localComponentFiles(component);
  return fetchComponentFiles({ url: component }, { download, packages: store });
}

async function download(url: string): Promise<{ status: number; body: Buffer }> {
  const response = await fetch(url, { signal: AbortSignal.timeout(15_000) });
  return { status: response.status, body: Buffer.from(await response.arrayBuffer()) };
}

async function invoke(
  host: RunnerHost,
  { run, bundle, definition }: { run: LocalRun; bundle: CodeBundle; definition: ComponentDefinition },
): Promise<Pick<LocalRunReport, "result" | "response">> {
  const before = await readState(run.stateFile);
  const invocation = invocationOf(definition, { input: run, db: before });
  const code = isStep(definition, run) ? { bundle: null, modules: { [LOCAL_STEP]: bundle } } : { bundle };
  const deployment = { id: "local", orgId: "local", ...code, memoryMb: 256, env: { PD_COMPONENT: "dc_local" } };
  let response: HttpResponse | null = null;
  const result = await host.invoke(deployment, invocation, { respond: (answer) => void (response = answer) });
  if (run.stateFile !== null) await writeState(run.stateFile, { before, writes: result.dbWrites });
  return { result, response };
}

function asUsageError(error: unknown): never {
  const isExpected =
    error instanceof ComponentCodeError || error instanceof ComponentFetchError || error instanceof DependencyError;
  if (!isExpected) throw error;
  const stack = error instanceof ComponentCodeError ? error.stackOfUser : undefined;
  throw new UsageError(stack === undefined ? error.message : `${error.message}\n${stack}`, { cause: error });
}
