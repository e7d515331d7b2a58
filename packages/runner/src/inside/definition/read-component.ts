import type { ComponentDefinition } from "../../invocation.ts";
import { toJson } from "../safe-json.ts";
import { describeProp } from "./describe-prop.ts";
import { resolveProps } from "./resolved-prop.ts";
import type { ResolvedProp } from "./resolved-prop.ts";
import { DefinitionError, isFunction, isObject, kindOf, textOf } from "./user-values.ts";
import type { UserObject } from "./user-values.ts";

/** A component as its module exports it, and what we worked out of it. */
export interface LoadedComponent {
  /** The exported object itself: never changed, its functions never bound. */
  readonly source: UserObject;
  readonly props: readonly ResolvedProp[];
  readonly definition: ComponentDefinition;
}

const DEDUPE_STRATEGIES = ["unique", "greatest", "last"] as const;

/**
 * Reads the component that a module exports.
 * @param exported its default export, or what it passed to `defineComponent`.
 * @throws DefinitionError with a sentence for the author.
 */
export function readComponent(exported: unknown): LoadedComponent {
  const source = unwrap(exported);
  const kind = kindOfComponent(source);
  if (kind === "app" && source["props"] !== undefined) throw new DefinitionError("An app cannot have props.");
  const rawProps = source["props"] ?? {};
  if (!isObject(rawProps)) throw new DefinitionError(`"props" must be an object, not ${kindOf(rawProps)}.`);
  requireFunctions(source);
  const props = resolveProps(rawProps);
  return { source, props, definition: describeComponent(source, kind, props) };
}

function unwrap(exported: unknown): UserObject {
  // A CommonJS module compiled from `export default` carries the component one level deeper.
  if (isObject(exported) && exported["__esModule"] === true && isObject(exported["default"]))
    return exported["default"];
  if (isObject(exported)) return exported;
  if (exported === undefined) {
    throw new DefinitionError("The module exports no component: give it a default export, or set module.exports.");
  }
  throw new DefinitionError(`The module must export a component object, not ${kindOf(exported)}.`);
}

function kindOfComponent(source: UserObject): ComponentDefinition["kind"] {
  const type = source["type"];
  if (type === "source" || type === "action" || type === "app") return type;
  if (type !== undefined && type !== null) {
    throw new DefinitionError(`"type" must be "source", "action" or "app", not ${toJsonText(type)}.`);
  }
  const looksLikeApp = typeof source["app"] === "string" && !isFunction(source["run"]) && source["props"] === undefined;
  if (!looksLikeApp && Object.keys(source).length === 0) {
    throw new DefinitionError("The module exports an empty object, which is no component.");
  }
  return looksLikeApp ? "app" : "source";
}

function toJsonText(value: unknown): string {
  return typeof value === "string" ? `"${value}"` : kindOf(value);
}

function requireFunctions(source: UserObject): void {
  for (const field of ["run", "additionalProps"]) {
    if (source[field] !== undefined && !isFunction(source[field])) {
      throw new DefinitionError(`"${field}" must be a function, not ${kindOf(source[field])}.`);
    }
  }
  for (const field of ["methods", "hooks", "propDefinitions"]) {
    const value = source[field];
    if (value !== undefined && value !== null && !isObject(value)) {
      throw new DefinitionError(`"${field}" must be an object, not ${kindOf(value)}.`);
    }
  }
}

function describeComponent(
  source: UserObject,
  kind: ComponentDefinition["kind"],
  props: readonly ResolvedProp[],
): ComponentDefinition {
  const hooks = isObject(source["hooks"]) ? source["hooks"] : {};
  const annotations = toJson(source["annotations"]);
  return {
    kind,
    key: textOf(source["key"]),
    name: textOf(source["name"]),
    version: textOf(source["version"]) ?? "0.0.0",
    description: textOf(source["description"]),
    configurableProps: props.map(describeProp),
    dedupe: kind === "source" ? (DEDUPE_STRATEGIES.find((strategy) => strategy === source["dedupe"]) ?? null) : null,
    hooks: {
      deploy: isFunction(hooks["deploy"]),
      activate: isFunction(hooks["activate"]),
      deactivate: isFunction(hooks["deactivate"]),
    },
    hasRun: isFunction(source["run"]),
    hasAdditionalProps: isFunction(source["additionalProps"]),
    sampleEmit: toJson(source["sampleEmit"]) ?? null,
    annotations: isObject(annotations) ? annotations : null,
    apps: appsOf(kind === "app" ? source : null, props),
  };
}

function appsOf(ownApp: UserObject | null, props: readonly ResolvedProp[]): string[] {
  const slugs = new Set<string>();
  for (const app of [ownApp, ...props.map((prop) => prop.app)]) {
    if (app && typeof app["app"] === "string") slugs.add(app["app"]);
  }
  return [...slugs];
}
