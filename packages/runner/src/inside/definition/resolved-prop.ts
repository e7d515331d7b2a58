import { DefinitionError, isFunction, isObject, kindOf } from "./user-values.ts";
import type { UserFunction, UserObject } from "./user-values.ts";

/** A prop of a component with its shorthand and `propDefinition` worked out. */
export interface ResolvedProp {
  readonly name: string;
  readonly type: string;
  /** All fields, component-level ones first in rank. A copy of ours, never the user's object. */
  readonly fields: UserObject;
  /** The app's own definition object when this is an app prop. */
  readonly app: UserObject | null;
  /** The app whose instance is `this` in `options`; null means the component. */
  readonly optionsApp: UserObject | null;
  /** Third element of `propDefinition`: what is merged into the argument of `options`. */
  readonly optionsArgument: UserFunction | UserObject | null;
}

/** Deeper chains of `propDefinition` than this can only be a loop. */
const MAX_DEFINITION_DEPTH = 8;

/** Works out a map of props in its own order; `undefined` entries are no props. @throws DefinitionError */
export function resolveProps(props: UserObject): ResolvedProp[] {
  const resolved: ResolvedProp[] = [];
  for (const [name, raw] of Object.entries(props)) {
    if (raw !== undefined) resolved.push(resolveProp(name, raw));
  }
  return resolved;
}

/** Works out one prop: a string shorthand, an app object, an object with `propDefinition` or with `type`. @throws DefinitionError */
export function resolveProp(name: string, raw: unknown): ResolvedProp {
  const merged = mergeDefinition(name, raw, 0);
  const type = typeOf(merged.fields);
  refuseType(name, type);
  const app = type === "app" ? (merged.app ?? merged.fields) : null;
  if (app && isObject(merged.fields["props"])) {
    throw new DefinitionError(`Prop "${name}": an app cannot have props of its own.`);
  }
  return {
    name,
    type,
    fields: { ...merged.fields, type },
    app,
    optionsApp: merged.optionsApp,
    optionsArgument: merged.optionsArgument,
  };
}

interface Merged {
  fields: UserObject;
  app: UserObject | null;
  optionsApp: UserObject | null;
  optionsArgument: UserFunction | UserObject | null;
}

function mergeDefinition(name: string, raw: unknown, depth: number): Merged {
  if (typeof raw === "string") {
    return { fields: { type: raw }, app: null, optionsApp: null, optionsArgument: null };
  }
  if (!isObject(raw)) {
    throw new DefinitionError(`Prop "${name}" must be an object or the name of a type, not ${kindOf(raw)}.`);
  }
  if (raw["propDefinition"] === undefined) {
    return { fields: raw, app: raw, optionsApp: null, optionsArgument: null };
  }
  const { propDefinition, ...own } = raw;
  const { app, definition, argument } = lookUpDefinition(name, propDefinition);
  if (depth >= MAX_DEFINITION_DEPTH) throw new DefinitionError(`Prop "${name}": its propDefinition refers to itself.`);
  const base = mergeDefinition(name, definition, depth + 1);
  return {
    fields: { ...base.fields, ...own },
    app: null,
    optionsApp: "options" in own ? app : (base.optionsApp ?? app),
    optionsArgument: argument ?? base.optionsArgument,
  };
}

function lookUpDefinition(name: string, propDefinition: unknown) {
  if (!Array.isArray(propDefinition)) {
    throw new DefinitionError(
      `Prop "${name}": propDefinition must be an array [app, "name"], not ${kindOf(propDefinition)}.`,
    );
  }
  const [app, definitionName, argument] = propDefinition as unknown[];
  if (!isObject(app)) {
    throw new DefinitionError(
      `Prop "${name}": the first element of propDefinition must be an app, not ${kindOf(app)}.`,
    );
  }
  const definitions = app["propDefinitions"];
  const key = String(definitionName);
  if (!isObject(definitions) || definitions[key] === undefined) {
    const slug = typeof app["app"] === "string" ? ` "${app["app"]}"` : "";
    throw new DefinitionError(`Prop "${name}": the app${slug} has no propDefinition "${key}".`);
  }
  return { app, definition: definitions[key], argument: isFunction(argument) || isObject(argument) ? argument : null };
}

function typeOf(fields: UserObject): string {
  const type = fields["type"];
  if (typeof type === "string") return type;
  return typeof fields["app"] === "string" ? "app" : "any";
}

const PLATFORM_TYPES = new Set(["$.interface.http", "$.interface.timer", "$.service.db"]);

/** Anything else is tolerated: a prop that we do not know may still be configured with a value. */
function refuseType(name: string, type: string): void {
  if (type === "$.interface.apphook") {
    throw new DefinitionError(
      `Prop "${name}" is of type $.interface.apphook. Such sources depend on webhooks that an app's vendor sends to Pipedream itself; Millrace does not support them.`,
    );
  }
  if (/^\$\.(interface|service)\./.test(type) && !PLATFORM_TYPES.has(type)) {
    throw new DefinitionError(`Prop "${name}" is of type ${type}, which does not exist.`);
  }
}
