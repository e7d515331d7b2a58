import type { InvocationScope } from "../execution/index.ts";
import { parseJson, stringifyLenient } from "../safe-json.ts";

/** The value of a `$.service.db` prop: synchronous, over what the invocation started with. */
export interface ComponentStore {
  get(key: unknown): unknown;
  set(key: unknown, value: unknown): void;
}

/**
 * Makes the store of one invocation; all db props of a component share it. Values are kept as JSON text, so `get`
 * gives fresh copies; only the keys that were set are written back, because another invocation may be running.
 */
export function createStore(stored: Readonly<Record<string, string>>, scope: InvocationScope): ComponentStore {
  const written = new Map<string, string | null>();
  return {
    get(key) {
      const name = String(key);
      const json = written.has(name) ? written.get(name) : Object.hasOwn(stored, name) ? stored[name] : undefined;
      return json === undefined || json === null ? undefined : parseJson(json);
    },
    set(key, value) {
      const name = String(key);
      const json = stringifyLenient(value) ?? null;
      written.set(name, json);
      scope.writeDb(name, json);
    },
  };
}
