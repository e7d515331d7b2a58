import type { JsonObject } from "../../invocation.ts";
import { isObject } from "../definition/index.ts";
import type { ResolvedProp, UserObject } from "../definition/index.ts";
import type { ExpressionScope } from "./expression-scope.ts";
import { evaluateSql } from "./sql-query.ts";
import { parseTemplate } from "./template.ts";

/** An expression in a prop could not be evaluated: as wrong as a configuration, so trying again is of no use. */
export class ExpressionError extends Error {
  override name = "ExpressionError";
  readonly code = "CONFIGURATION_ERROR";
}

export interface EvaluatedProps {
  /** In wire form, for the component. */
  readonly props: JsonObject;
  /** For people: without secrets. */
  readonly shown: UserObject;
}

const MASK = "********";

/**
 * Evaluates the expressions in the props of a step, wherever in them they are. Accounts stay as they are.
 * @throws ExpressionError naming the prop.
 */
export function evaluateProps(
  wire: JsonObject,
  { scope, plans }: { scope: ExpressionScope; plans: readonly ResolvedProp[] },
): EvaluatedProps {
  const props: UserObject = {};
  const shown: UserObject = {};
  const planOf = new Map(plans.map((plan) => [plan.name, plan]));
  for (const [name, value] of Object.entries(wire)) {
    const plan = planOf.get(name);
    const evaluated = evaluateProp(name, value, { scope, plan });
    if (evaluated.value !== undefined) props[name] = evaluated.value;
    // A secret that is itself an expression is shown as that expression, or as what it found in `steps`.
    const isSecret = plan?.fields["secret"] === true && evaluated.shown === value;
    shown[name] = isSecret ? MASK : evaluated.shown;
  }
  return { props: props as JsonObject, shown };
}

interface Pair {
  readonly value: unknown;
  readonly shown: unknown;
}

function evaluateProp(
  name: string,
  value: unknown,
  { scope, plan }: { scope: ExpressionScope; plan: ResolvedProp | undefined },
): Pair {
  if (plan?.app || isAccount(value)) return { value, shown: value };
  try {
    if (plan?.type === "sql") return evaluateSql(value, { scope, fields: plan.fields });
    return evaluateValue(value, scope);
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new ExpressionError(`Prop "${name}": ${message}`, { cause });
  }
}

function isAccount(value: unknown): boolean {
  return isObject(value) && typeof value["authProvisionId"] === "string";
}

/** Evaluates every text in a value; one without expressions comes back as the same object. */
export function evaluateValue(value: unknown, scope: ExpressionScope): Pair {
  if (typeof value === "string") {
    return value.includes("{{") ? scope.fillIn(parseTemplate(value)) : { value, shown: value };
  }
  if (Array.isArray(value)) {
    const items = value.map((item: unknown) => evaluateValue(item, scope));
    if (items.every((item, index) => item.value === value[index] && item.shown === value[index])) {
      return { value, shown: value };
    }
    return { value: items.map((item) => item.value), shown: items.map((item) => item.shown) };
  }
  if (!isObject(value)) return { value, shown: value };
  const entries = Object.entries(value).map(([key, item]) => ({ key, item, ...evaluateValue(item, scope) }));
  if (entries.every((entry) => entry.value === entry.item && entry.shown === entry.item)) {
    return { value, shown: value };
  }
  return {
    value: Object.fromEntries(entries.map((entry) => [entry.key, entry.value])),
    shown: Object.fromEntries(entries.map((entry) => [entry.key, entry.shown])),
  };
}
