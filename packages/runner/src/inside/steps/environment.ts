import { currentScope } from "../execution/index.ts";

/**
 * Makes `process.env` show the variables of the step that asks, when it is one that may see them; writes of such a step
 * are its own. Everything else sees the environment of the process.
 */
export function layerEnvironment(): void {
  const own = process.env;
  const layer = (): Record<string, string> | null => currentScope.getStore()?.env ?? null;
  process.env = new Proxy(own, {
    get: (target, name): unknown => {
      const env = layer();
      return env && typeof name === "string" && Object.hasOwn(env, name) ? env[name] : Reflect.get(target, name);
    },
    has: (target, name) => Object.hasOwn(layer() ?? {}, name) || Reflect.has(target, name),
    ownKeys: (target) => [...new Set([...Reflect.ownKeys(target), ...Object.keys(layer() ?? {})])],
    getOwnPropertyDescriptor(target, name) {
      const env = layer();
      if (!env || typeof name !== "string" || !Object.hasOwn(env, name)) {
        return Reflect.getOwnPropertyDescriptor(target, name);
      }
      return { value: env[name], writable: true, enumerable: true, configurable: true };
    },
    set(target, name, value) {
      const env = layer();
      if (!env || typeof name !== "string") return Reflect.set(target, name, value);
      env[name] = String(value);
      return true;
    },
    deleteProperty(target, name) {
      const env = layer();
      if (env && typeof name === "string" && Object.hasOwn(env, name)) return Reflect.deleteProperty(env, name);
      return Reflect.deleteProperty(target, name);
    },
  });
}
