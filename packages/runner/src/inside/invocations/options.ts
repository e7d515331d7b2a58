import type { OptionsInvocation } from "../../invocation.ts";
import { isFunction, isObject } from "../definition/index.ts";
import type { LoadedComponent, ResolvedProp, UserObject } from "../definition/index.ts";
import type { Blueprint } from "../instance/index.ts";
import { runAdditionalProps } from "./additional-props.ts";

/** What an `options` invocation returns. */
export interface OptionsResult {
  /** Primitives, or objects with `label` and `value`. */
  options: unknown[];
  /** Goes into `prevContext` of the next page; null when there is none. */
  context: unknown;
}

/** The invocation asks for something that the component does not have. */
export class UnknownPropError extends Error {
  override name = "UnknownPropError";
  readonly code = "UNKNOWN_PROP";
}

/** Lists the options of one prop; for a prop that `additionalProps` made, after running that again in this process. */
export async function listOptions(
  component: LoadedComponent,
  invocation: OptionsInvocation,
  { blueprint, instance }: { blueprint: Blueprint; instance: UserObject },
): Promise<OptionsResult> {
  const prop = await findProp(component, invocation, { blueprint, instance });
  const options = prop.fields["options"];
  if (!isFunction(options)) return normalize(options);
  const argument: UserObject = {
    page: invocation.page,
    prevContext: invocation.prevContext ?? {},
    ...(invocation.query !== undefined && { query: invocation.query }),
    ...(await resolveArgument(prop, component, instance)),
  };
  const owner = prop.optionsApp ? blueprint.appInstanceFor(prop.optionsApp, instance) : instance;
  return normalize(await options.call(owner, argument));
}

async function findProp(
  component: LoadedComponent,
  invocation: OptionsInvocation,
  { blueprint, instance }: { blueprint: Blueprint; instance: UserObject },
): Promise<ResolvedProp> {
  const { propName } = invocation;
  const own = component.props.find((prop) => prop.name === propName);
  if (own && !invocation.dynamic) return own;
  const props = await runAdditionalProps(component, invocation.dynamicProps ?? [], instance);
  blueprint.learnApps(props);
  const dynamic = props.find((prop) => prop.name === propName) ?? own;
  if (!dynamic) throw new UnknownPropError(`The component has no prop "${propName}".`);
  return dynamic;
}

/** Calls the third element of `propDefinition` with live prop values; its result may hold functions and never leaves here. */
async function resolveArgument(
  prop: ResolvedProp,
  component: LoadedComponent,
  instance: UserObject,
): Promise<UserObject | null> {
  const { optionsArgument } = prop;
  if (!isFunction(optionsArgument)) return optionsArgument;
  const methods = component.source["methods"];
  const values = Object.entries(instance).filter(([name]) => !isObject(methods) || !Object.hasOwn(methods, name));
  const result: unknown = await optionsArgument.call(instance, Object.fromEntries(values));
  return isObject(result) ? result : null;
}

function normalize(result: unknown): OptionsResult {
  if (Array.isArray(result)) return { options: present(result), context: null };
  if (!isObject(result)) return { options: [], context: null };
  const { options, context } = result;
  return { options: Array.isArray(options) ? present(options) : [], context: context ?? null };
}

function present(options: unknown[]): unknown[] {
  return options.filter((option) => option !== undefined && option !== null);
}
