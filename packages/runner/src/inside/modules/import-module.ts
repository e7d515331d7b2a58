import { AsyncLocalStorage } from "node:async_hooks";
import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { isObject } from "../definition/index.ts";
import { parseJson } from "../safe-json.ts";

const PRELOAD_NAME = "preload.mjs";
const AUTHOR_PACKAGE = "@millrace/component";
const AUTHOR_MODULE_URL = "file:///millrace/component-author.mjs";
const AUTHOR_MODULE =
  "const identity = (definition) => definition;\nexport { identity as defineApp, identity as defineComponent };\n";

/** What a module that is being imported passed to the global `defineComponent`. */
const passedComponent = new AsyncLocalStorage<{ component?: unknown }>();
let preloaded: { readonly url: string; readonly versions: ReadonlyMap<string, string> } | null = null;

/**
 * Imports a component from memory: it seems to lie in the directory of its dependencies, so that its bare imports and
 * requires resolve from there, and nothing is written to disk.
 * @returns what the module exports as default, or else what it passed to the global `defineComponent`.
 * @throws whatever the module throws.
 */
export async function importComponent(
  code: string,
  { dir, fileName }: { dir: string; fileName: string },
): Promise<unknown> {
  Object.defineProperty(globalThis, "defineComponent", {
    value: defineComponent,
    enumerable: false,
    writable: true,
    configurable: true,
  });
  const passed: { component?: unknown } = {};
  const from = { path: join(dir, fileName), preloadedAlike: preloadedAlikeIn(dir) };
  const module = await passedComponent.run(passed, () => importFromMemory(code, from));
  return module["default"] ?? passed.component;
}

function defineComponent(component: unknown): unknown {
  const passed = passedComponent.getStore();
  if (passed) passed.component = component;
  return component;
}

/** Loads the packages that most components use, before the deployment is known; one that fails to load is left out. */
export async function preloadPlatform(platformDir: string): Promise<void> {
  const manifest = parseJson(readFileSync(join(platformDir, "package.json"), "utf8"));
  const dependencies = isObject(manifest) && isObject(manifest["dependencies"]) ? manifest["dependencies"] : {};
  const names = Object.keys(dependencies);
  const imports = names.map((name) => `import(${JSON.stringify(name)})`);
  const path = join(platformDir, PRELOAD_NAME);
  await importFromMemory(`await Promise.allSettled([${imports.join(", ")}]);\n`, { path, preloadedAlike: new Set() });
  preloaded = { url: pathToFileURL(path).href, versions: versionsIn(platformDir, names) };
}

/** Packages that a component may take from those loaded ahead: its own set has the very same versions of them. */
function preloadedAlikeIn(dir: string): ReadonlySet<string> {
  if (!preloaded) return new Set();
  const own = versionsIn(dir, [...preloaded.versions.keys()]);
  return new Set([...preloaded.versions].filter(([name, version]) => own.get(name) === version).map(([name]) => name));
}

function versionsIn(dir: string, names: readonly string[]): Map<string, string> {
  const versions = new Map<string, string>();
  for (const name of names) {
    try {
      const manifest = parseJson(readFileSync(join(dir, "node_modules", name, "package.json"), "utf8"));
      if (isObject(manifest) && typeof manifest["version"] === "string") versions.set(name, manifest["version"]);
    } catch {
      continue; // not in this set
    }
  }
  return versions;
}

async function importFromMemory(
  code: string,
  { path, preloadedAlike }: { path: string; preloadedAlike: ReadonlySet<string> },
): Promise<Record<string, unknown>> {
  const url = pathToFileURL(path).href;
  const sources = new Map([
    [url, code],
    [AUTHOR_MODULE_URL, AUTHOR_MODULE],
  ]);
  const hooks = registerHooks({
    resolve(specifier, context, next) {
      const target = specifier === AUTHOR_PACKAGE ? AUTHOR_MODULE_URL : specifier;
      if (sources.has(target)) return { url: target, format: "module", shortCircuit: true };
      const isAhead = preloaded !== null && context.parentURL === url && preloadedAlike.has(specifier);
      return next(specifier, isAhead ? { ...context, parentURL: preloaded?.url } : context);
    },
    load(target, context, next) {
      const source = sources.get(target);
      if (source === undefined) return next(target, context);
      return { source, format: "module", shortCircuit: true };
    },
  });
  try {
    return (await import(url)) as Record<string, unknown>;
  } finally {
    hooks.deregister();
  }
}
