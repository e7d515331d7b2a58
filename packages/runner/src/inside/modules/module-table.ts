import type { LoadPayload, ModulePayload } from "../../messages.ts";
import { readComponent } from "../definition/index.ts";
import type { LoadedComponent } from "../definition/index.ts";
import { Blueprint } from "../instance/index.ts";
import { importComponent } from "./import-module.ts";

/** A component ready to be used. */
export interface LoadedModule {
  readonly component: LoadedComponent;
  readonly blueprint: Blueprint;
}

const ENTRY_NAME = "component";

/** A step names code that its deployment does not have. */
export class UnknownModuleError extends Error {
  override name = "UnknownModuleError";
  readonly code = "UNKNOWN_MODULE";
}

/** Imports what was loaded: the component at once, the modules of a workflow each when its step runs for the first time. */
export class ModuleTable {
  readonly #homeDir: string;
  readonly #payload: LoadPayload;
  readonly #modules = new Map<string, Promise<LoadedModule>>();
  readonly #failures = new Map<string, number>();

  /** @param homeDir where code seems to lie that has no dependencies. */
  constructor(payload: LoadPayload, homeDir: string) {
    this.#payload = payload;
    this.#homeDir = homeDir;
  }

  /** Directories that code seems to lie in. */
  directories(): Set<string> {
    const { component, modules } = this.#payload;
    const all = component === null ? Object.values(modules) : [component, ...Object.values(modules)];
    return new Set([this.#homeDir, ...all.map(({ dependencyDir }) => dependencyDir ?? this.#homeDir)]);
  }

  /** Names of the modules. */
  names(): string[] {
    return Object.keys(this.#payload.modules);
  }

  /** What a module exports as its component, by itself and not as a step. @throws as `importComponent` */
  importModule(name: string): Promise<LoadedModule> {
    const payload = this.#payload.modules[name];
    if (payload === undefined) throw new UnknownModuleError(`There is no module "${name}".`);
    return this.#import(payload, { fileName: `${name}.mjs`, isStep: false });
  }

  /** @returns null when there is no component. @throws whatever its module throws, DefinitionError when it is none. */
  async importComponent(): Promise<LoadedModule | null> {
    const { component } = this.#payload;
    if (component === null) return null;
    return this.#import(component, { fileName: `${ENTRY_NAME}.mjs`, isStep: false });
  }

  /** The module of a step. @throws as `importComponent`; a module that failed is tried again at the next step that needs it. */
  moduleOf(namespace: string): Promise<LoadedModule> {
    const known = this.#modules.get(namespace);
    if (known !== undefined) return known;
    const { modules } = this.#payload;
    const payload = Object.hasOwn(modules, namespace) ? modules[namespace] : undefined;
    if (payload === undefined) throw new UnknownModuleError(`The workflow has no code for the step "${namespace}".`);
    // A module is evaluated once per address, also when that failed.
    const failures = this.#failures.get(namespace) ?? 0;
    const fileName = failures === 0 ? `${namespace}.mjs` : `${namespace}-${failures + 1}.mjs`;
    const loading = this.#import(payload, { fileName, isStep: true });
    this.#modules.set(namespace, loading);
    loading.catch(() => {
      this.#failures.set(namespace, failures + 1);
      this.#modules.delete(namespace);
    });
    return loading;
  }

  async #import(
    { code, dependencyDir }: ModulePayload,
    { fileName, isStep }: { fileName: string; isStep: boolean },
  ): Promise<LoadedModule> {
    const exported = await importComponent(code, { dir: dependencyDir ?? this.#homeDir, fileName });
    const component = readComponent(exported);
    return { component, blueprint: new Blueprint(component, { isStep }) };
  }
}
