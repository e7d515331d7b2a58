/** Reads what a component says about itself, without ever changing the objects it exports. */
export { describeProp } from "./describe-prop.ts";
export { readComponent } from "./read-component.ts";
export type { LoadedComponent } from "./read-component.ts";
export { resolveProp } from "./resolved-prop.ts";
export type { ResolvedProp } from "./resolved-prop.ts";
export { DefinitionError, isFunction, isObject } from "./user-values.ts";
export type { UserFunction, UserObject } from "./user-values.ts";
