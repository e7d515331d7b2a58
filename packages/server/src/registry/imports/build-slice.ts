import {
  buildBundle,
  ComponentCodeError,
  ComponentFetchError,
  DependencyError,
  NO_DEPENDENCIES,
  type BuiltComponent,
  type ComponentDefinition,
  type ComponentFiles,
  type DependencySet,
  type DependencyStore,
  type RunnerHost,
} from "@millrace/runner";

/** A component's files, read. */
export interface Draft {
  readonly path: string;
  readonly files: ComponentFiles;
  readonly codeHash: string;
}

/** A component ready to be saved. */
export interface BuiltDraft extends Draft {
  readonly bundle: string;
  readonly dependencies: DependencySet;
  readonly definition: ComponentDefinition;
}

/** A file that did not become a component. */
export interface Rejected {
  readonly path: string;
  readonly outcome: "skipped" | "failed";
  readonly reason: string;
}

export interface SlicePorts {
  readonly runner: Pick<RunnerHost, "inspectAll">;
  readonly dependencies: DependencyStore;
}

interface Bundled extends Draft {
  readonly built: BuiltComponent;
}

/** Why a file cannot become a component; an error that is no fault of the file's is thrown on. */
export function rejectionOf(path: string, error: unknown): Rejected {
  const isTheirs =
    error instanceof ComponentCodeError ||
    error instanceof ComponentFetchError ||
    (error instanceof DependencyError && !isPassing(error));
  if (!isTheirs) throw error;
  return { path, outcome: "failed", reason: error.message };
}

/**
 * Builds components of one package: one dependency set for them together. Those that cannot be built are told with their
 * reasons and keep nobody back.
 * @throws DependencyError when packages cannot be installed at the moment, SandboxEndedError when no sandbox is free
 */
export async function buildSlice(
  ports: SlicePorts,
  drafts: readonly Draft[],
): Promise<{ prepared: PreparedSlice[]; rejected: Rejected[] }> {
  const rejected: Rejected[] = [];
  const bundled: Bundled[] = [];
  for (const draft of drafts) {
    try {
      bundled.push({ ...draft, built: await buildBundle(draft.files) });
    } catch (error) {
      rejected.push(rejectionOf(draft.path, error));
    }
  }
  return { prepared: await withDependencies(ports, bundled, rejected), rejected };
}

/** Components with one dependency set. */
export interface PreparedSlice {
  readonly dependencies: DependencySet;
  readonly bundled: readonly Bundled[];
}

/** A package that cannot be had fails those that import it; the others share a set without it. */
async function withDependencies(
  ports: SlicePorts,
  bundled: readonly Bundled[],
  rejected: Rejected[],
): Promise<PreparedSlice[]> {
  if (bundled.length === 0) return [];
  const imports = [...new Map(bundled.flatMap(({ built }) => built.imports).map((one) => [one.alias, one])).values()];
  try {
    const dependencies = imports.length === 0 ? NO_DEPENDENCIES : await ports.dependencies.ensure(imports);
    return [{ dependencies, bundled }];
  } catch (error) {
    if (!(error instanceof DependencyError) || isPassing(error)) throw error;
    const [guilty, others] = partition(bundled, ({ built }) => built.imports.some((one) => isNamed(one.name, error)));
    if (guilty.length > 0 && others.length > 0) {
      rejected.push(...guilty.map(({ path }) => rejectionOf(path, error)));
      return withDependencies(ports, others, rejected);
    }
    if (bundled.length === 1 || guilty.length > 0) {
      rejected.push(...bundled.map(({ path }) => rejectionOf(path, error)));
      return [];
    }
    const slices: PreparedSlice[] = [];
    for (const one of bundled) slices.push(...(await withDependencies(ports, [one], rejected)));
    return slices;
  }
}

/** Reads what components are, a batch in one sandbox. @throws SandboxEndedError when none is free */
export async function inspectSlice(
  ports: SlicePorts,
  { dependencies, bundled }: PreparedSlice,
): Promise<{ built: BuiltDraft[]; rejected: Rejected[] }> {
  const bundles = bundled.map(({ built }) => ({ code: built.code, dependencyDir: dependencies.dir }));
  const results = await ports.runner.inspectAll(bundles);
  const built: BuiltDraft[] = [];
  const rejected: Rejected[] = [];
  for (const [index, { path, files, codeHash, built: component }] of bundled.entries()) {
    const result = results[index];
    if (result === undefined) continue;
    if (result instanceof Error) rejected.push({ path, outcome: "failed", reason: result.message });
    else if (result.key === null || result.version === "" || result.kind === "app") {
      rejected.push({ path, outcome: "skipped", reason: "It has no key and version of a source or an action" });
    } else built.push({ path, files, codeHash, bundle: component.code, dependencies, definition: result });
  }
  return { built, rejected };
}

function isPassing({ code }: DependencyError): boolean {
  return code === "dependency_unavailable" || code === "dependency_timeout";
}

function isNamed(name: string, { packageName }: DependencyError): boolean {
  return packageName !== null && (packageName === name || packageName.startsWith(`${name}@`));
}

function partition<T>(all: readonly T[], test: (one: T) => boolean): [T[], T[]] {
  return [all.filter(test), all.filter((one) => !test(one))];
}
