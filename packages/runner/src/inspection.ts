import type { CodeBundle, ComponentDefinition } from "./invocation.ts";
import { ComponentCodeError } from "./invocation.ts";
import type { Inspection, LoadedCode } from "./inbound-definition.ts";
import type { LoadPayload, ModulePayload } from "./messages.ts";
import { LoadError, SandboxEndedError, type SandboxPool } from "./pool/index.ts";

const MEMORY_MB = 256;
const TIMEOUT_MS = 10_000;
const MORE_FOR_EACH_MS = 1_000;
const MAX_DEFINITION_CHARS = 1024 * 1024;
const READ = { code: "UNAVAILABLE", message: "The component has been read" } as const;

export interface InspectionPorts {
  readonly pool: SandboxPool;
  pathInside(dir: string | null): string | null;
}

/**
 * Imports the module in a throw-away sandbox without network and reads what it exports.
 * @throws ComponentCodeError when it is no component; SandboxEndedError when no sandbox could be had.
 */
export async function inspectComponent(
  ports: InspectionPorts,
  { bundle, timeoutMs }: { bundle: CodeBundle; timeoutMs?: number | undefined },
): Promise<ComponentDefinition> {
  const payload = { component: moduleOf(ports, bundle), modules: {}, env: {} };
  const { definition } = await loadOnce(ports.pool, payload, timeoutMs ?? TIMEOUT_MS);
  if (definition === null) throw new ComponentCodeError("The sandbox told nothing of the component");
  return definition;
}

/**
 * Reads many modules of one author in one sandbox, so that what they import is loaded once. Where they fail together,
 * each is read by itself.
 * @returns in their order what each is, or why it is none.
 * @throws SandboxEndedError when no sandbox could be had.
 */
export async function inspectComponents(
  ports: InspectionPorts,
  bundles: readonly CodeBundle[],
): Promise<(ComponentDefinition | ComponentCodeError)[]> {
  const modules = Object.fromEntries(bundles.map((bundle, index) => [`c${index}`, moduleOf(ports, bundle)]));
  const payload = { component: null, modules, env: {}, describes: true };
  try {
    const { inspections } = await loadOnce(ports.pool, payload, TIMEOUT_MS + bundles.length * MORE_FOR_EACH_MS);
    return bundles.map((_, index) => resultOf(inspections.get(`c${index}`)));
  } catch (error) {
    if (!(error instanceof ComponentCodeError)) throw error;
    if (bundles.length === 1) return [error];
    return eachAlone(ports, bundles);
  }
}

async function eachAlone(ports: InspectionPorts, bundles: readonly CodeBundle[]) {
  const results: (ComponentDefinition | ComponentCodeError)[] = [];
  for (const bundle of bundles) {
    const result = await inspectComponent(ports, { bundle }).catch((error: unknown) => {
      if (error instanceof ComponentCodeError) return error;
      throw error;
    });
    results.push(result);
  }
  return results;
}

function resultOf(inspection: Inspection | undefined): ComponentDefinition | ComponentCodeError {
  if (inspection === undefined) return new ComponentCodeError("The sandbox told nothing of the component");
  if ("failure" in inspection) return new ComponentCodeError(inspection.failure.message, inspection.failure.stack);
  const { definition } = inspection;
  if (JSON.stringify(definition).length <= MAX_DEFINITION_CHARS) return definition;
  return new ComponentCodeError("The component's props and metadata are larger than 1 MB");
}

function moduleOf({ pathInside }: InspectionPorts, { code, dependencyDir }: CodeBundle): ModulePayload {
  return { code, dependencyDir: pathInside(dependencyDir) };
}

async function loadOnce(pool: SandboxPool, payload: LoadPayload, timeoutMs: number): Promise<LoadedCode> {
  const ignore = (): void => undefined;
  const owner = { onLate: ignore, onEgress: ignore, onResponsive: ignore };
  const sandbox = await pool.acquire({ memoryMb: MEMORY_MB }, owner);
  try {
    return await sandbox.load(payload, timeoutMs);
  } catch (error) {
    if (error instanceof LoadError) throw new ComponentCodeError(error.message, error.stackOfUser, { cause: error });
    const isFault = error instanceof SandboxEndedError && error.reason.code !== "UNAVAILABLE";
    throw isFault ? new ComponentCodeError(error.message, undefined, { cause: error }) : error;
  } finally {
    sandbox.kill(READ);
  }
}
