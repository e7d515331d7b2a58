import { createHash } from "node:crypto";
import {
  buildBundle,
  ComponentFetchError,
  fetchComponentFiles,
  type ComponentDefinition,
  type ComponentFiles,
  type DependencySet,
  type DependencyStore,
  type FetchPorts,
  type PackageImport,
  type PlatformLayer,
  type RunnerHost,
} from "@millrace/runner";
import { asApiError } from "./build-errors.ts";

/** What a component is made from: its text (with the URL that it is said to lie at), or an address. */
export type ComponentSource =
  { readonly code: string; readonly url?: string | undefined } | { readonly code?: undefined; readonly url: string };

/** A component ready to be saved. */
export interface BuiltDefinition {
  readonly bundle: string;
  readonly dependencies: DependencySet;
  readonly definition: ComponentDefinition;
}

export interface ComponentBuilderOptions {
  readonly runner: Pick<RunnerHost, "inspect" | "usePlatformDir">;
  readonly dependencies: DependencyStore;
  readonly platform: PlatformLayer;
  readonly download: FetchPorts["download"];
  readonly githubRawUrl: string;
  /** Hears of failures in the background. */
  onError(error: unknown): void;
}

/** Leaves time to fetch and answer within ten seconds. */
const INSPECT_TIMEOUT_MS = 8_000;
const FETCH_TIMEOUT_MS = 30_000;

/** From code or an address to files, and from files to a module with dependencies and a definition. Errors are `ApiError`s. */
export class ComponentBuilder {
  readonly #options: ComponentBuilderOptions;

  constructor(options: ComponentBuilderOptions) {
    this.#options = options;
  }

  /** @throws ApiError 400 or 422 that says what is wrong with the code or its address */
  async fetch(source: ComponentSource): Promise<ComponentFiles> {
    const { dependencies, githubRawUrl } = this.#options;
    const download = this.#downloadUntil(Date.now() + FETCH_TIMEOUT_MS);
    const field = source.code === undefined ? "component_url" : "component_code";
    try {
      return await fetchComponentFiles(source.code === undefined ? { url: source.url } : { code: source.code }, {
        download,
        packages: dependencies,
        githubRawUrl,
      });
    } catch (error) {
      throw asApiError(error, field);
    }
  }

  /** @throws ApiError 422 for code that does not load, 503 when packages or sandboxes cannot be had */
  async build(files: ComponentFiles, options: { orgId: string; field: string }): Promise<BuiltDefinition> {
    const { runner, dependencies } = this.#options;
    try {
      const { code, imports } = await buildBundle(files);
      const set = await dependencies.ensure(imports);
      this.#warmUp(imports);
      const definition = await runner.inspect(
        { code, dependencyDir: set.dir },
        { orgId: options.orgId, timeoutMs: INSPECT_TIMEOUT_MS },
      );
      return { bundle: code, dependencies: set, definition };
    } catch (error) {
      throw asApiError(error, options.field);
    }
  }

  /** One deadline for all files together. */
  #downloadUntil(deadlineMs: number): FetchPorts["download"] {
    return async (url, maxBytes) => {
      if (Date.now() < deadlineMs) return this.#options.download(url, maxBytes);
      const message = `The component's files could not be fetched within ${FETCH_TIMEOUT_MS / 1000} s`;
      throw new ComponentFetchError("unreachable", message, { url });
    };
  }

  /** In the background: it is for the next component. */
  #warmUp(imports: readonly PackageImport[]): void {
    const { platform, runner, onError } = this.#options;
    if (!platform.isWantedBy(imports)) return;
    platform.ensure(imports).then((dir) => runner.usePlatformDir(dir), onError);
  }
}

/**
 * SHA-256 of the code; where several files or declared ranges make the component what it is, of all of them.
 */
export function codeHashOf(files: ComponentFiles): string {
  const entry = files.files.get(files.entry) ?? "";
  const isAlone = files.files.size === 1 && Object.keys(files.ranges).length === 0;
  const parts = [files.entry, [...files.files].toSorted(byPath), Object.entries(files.ranges).toSorted(byPath)];
  return createHash("sha256")
    .update(isAlone ? entry : JSON.stringify(parts))
    .digest("hex");
}

function byPath([a]: [string, string], [b]: [string, string]): number {
  return a < b ? -1 : 1;
}
