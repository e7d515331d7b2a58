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
  const module = await passedComponent.run(passed, () => importFromMemory(code, join(dir, fileName)));
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
  const imports = Object.keys(dependencies).map((name) => `import(${JSON.stringify(name)})`);
  await importFromMemory(`await Promise.allSettled([${imports.join(", ")}]);\n`, join(platformDir, PRELOAD_NAME));
}

async function importFromMemory(code: string, path: string): Promise<Record<string, unknown>> {
  const url = pathToFileURL(path).href;
  const sources = new Map([
    [url, code],
    [AUTHOR_MODULE_URL, AUTHOR_MODULE],
  ]);
  const hooks = registerHooks({
    resolve(specifier, context, next) {
      const target = specifier === AUTHOR_PACKAGE ? AUTHOR_MODULE_URL : specifier;
      if (sources.has(target)) return { url: target, format: "module", shortCircuit: true };
      return next(specifier, context);
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
