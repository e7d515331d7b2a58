import type { JsonObject } from "../../invocation.ts";
import { isFunction, isObject } from "../definition/index.ts";
import type { UserFunction, UserObject } from "../definition/index.ts";

/** What `this` is made of in methods: read once per load, bound anew for each invocation. */
export interface MethodTable {
  readonly functions: readonly (readonly [name: string, method: UserFunction])[];
  /** Anything else that stands among the methods, as it is. */
  readonly values: readonly (readonly [name: string, value: unknown])[];
}

/** Reads the `methods` of a component or an app. */
export function readMethods(definition: UserObject): MethodTable {
  const functions: [string, UserFunction][] = [];
  const values: [string, unknown][] = [];
  const methods = definition["methods"];
  for (const [name, value] of Object.entries(isObject(methods) ? methods : {})) {
    if (isFunction(value)) functions.push([name, value]);
    else values.push([name, value]);
  }
  return { functions, values };
}

/** Puts the methods on `instance`, each bound to it: components pass them around unbound. */
export function bindMethods(instance: UserObject, methods: MethodTable): void {
  for (const [name, method] of methods.functions) instance[name] = method.bind(instance);
  for (const [name, value] of methods.values) instance[name] = value;
}

/** Adds a property that neither `Object.keys` nor rest destructuring nor JSON shows, but that can be replaced. */
export function hide(instance: UserObject, name: string, value: unknown): void {
  Object.defineProperty(instance, name, { value, enumerable: false, writable: true, configurable: true });
}

/**
 * Makes the instance behind one app prop: its methods, bound, and `$auth`. An app prop that nobody connected gets an
 * empty `$auth`. `$auth` is not enumerable, so that credentials do not leak when an instance is logged or sent.
 */
export function createAppInstance(methods: MethodTable, credentials: JsonObject | undefined): UserObject {
  const instance: UserObject = {};
  bindMethods(instance, methods);
  hide(instance, "$auth", credentials ?? {});
  return instance;
}
