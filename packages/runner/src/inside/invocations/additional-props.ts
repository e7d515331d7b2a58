import type { ConfigurableProp } from "../../invocation.ts";
import { DefinitionError, describeProp, isFunction, isObject, resolveProp } from "../definition/index.ts";
import type { LoadedComponent, ResolvedProp, UserObject } from "../definition/index.ts";

/**
 * Runs `additionalProps` and works out the full new set of props: the argument as the component changed it, overlaid
 * with what it returned. The argument is a deep copy, so definitions stay untouched; props that an earlier run added
 * are in it, but stay only when they are returned again.
 * @returns the props with their functions, for `options` of dynamic props.
 * @throws DefinitionError when what it returned are no props.
 */
export async function runAdditionalProps(
  component: LoadedComponent,
  previous: readonly ConfigurableProp[],
  instance: UserObject,
): Promise<ResolvedProp[]> {
  const { additionalProps } = component.source;
  if (!isFunction(additionalProps)) return [...component.props];
  const copies = new CopiedProps(component.props);
  const argument = copies.argumentWith(previous);
  const previousNames = new Set(Object.keys(argument).filter((name) => !copies.has(name)));
  const returned: unknown = await additionalProps.call(instance, argument);
  if (returned !== undefined && returned !== null && !isObject(returned)) {
    throw new DefinitionError("additionalProps must return an object of props.");
  }
  const kept = Object.entries(argument).filter(([name]) => !previousNames.has(name));
  const final = { ...Object.fromEntries(kept), ...returned };
  return Object.entries(final)
    .filter(([, raw]) => raw !== undefined && raw !== null)
    .map(([name, raw]) => copies.resolve(name, raw));
}

/** As the API shows them. */
export function describeProps(props: readonly ResolvedProp[]): { configurableProps: ConfigurableProp[] } {
  return { configurableProps: props.map(describeProp) };
}

/** Copies of static props that user code may change, and the way back from a copy to the prop that it came from. */
class CopiedProps {
  readonly #byName: ReadonlyMap<string, ResolvedProp>;
  readonly #origins = new WeakMap<object, ResolvedProp>();

  constructor(props: readonly ResolvedProp[]) {
    this.#byName = new Map(props.map((prop) => [prop.name, prop]));
  }

  has(name: string): boolean {
    return this.#byName.has(name);
  }

  argumentWith(previous: readonly ConfigurableProp[]): UserObject {
    const argument: UserObject = {};
    for (const prop of this.#byName.values()) {
      const copy = copyDeep(prop.fields) as UserObject;
      this.#origins.set(copy, prop);
      argument[prop.name] = copy;
    }
    for (const { name, ...fields } of previous) {
      if (!this.#byName.has(name)) argument[name] = copyDeep(fields);
    }
    return argument;
  }

  resolve(name: string, raw: unknown): ResolvedProp {
    const resolved = resolveProp(name, raw);
    const origin = this.#originOf(name, raw);
    if (!origin) return resolved;
    return {
      ...resolved,
      app: resolved.app && origin.app,
      optionsApp: origin.optionsApp,
      optionsArgument: origin.optionsArgument,
    };
  }

  /** The static prop behind a copy, also when the copy was spread into a new object: then its options are the same. */
  #originOf(name: string, raw: unknown): ResolvedProp | undefined {
    if (!isObject(raw) || raw["propDefinition"] !== undefined) return undefined;
    const origin = this.#origins.get(raw);
    if (origin) return origin;
    const options = raw["options"];
    const sameName = this.#byName.get(name);
    return isFunction(options) && sameName?.fields["options"] === options ? sameName : undefined;
  }
}

/** Copies plain objects and arrays; functions and objects of classes stay the same ones. */
function copyDeep(value: unknown, copies = new Map<object, unknown>()): unknown {
  if (typeof value !== "object" || value === null) return value;
  const known = copies.get(value);
  if (known) return known;
  if (Array.isArray(value)) {
    const list: unknown[] = [];
    copies.set(value, list);
    for (const item of value as unknown[]) list.push(copyDeep(item, copies));
    return list;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return value;
  const copy: UserObject = {};
  copies.set(value, copy);
  for (const [key, item] of Object.entries(value)) copy[key] = copyDeep(item, copies);
  return copy;
}
