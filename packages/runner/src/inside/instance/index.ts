/** Makes `this`: what a component's functions see of its props, apps, methods and services. */
export { Blueprint } from "./blueprint.ts";
export { readResponse } from "./http-interface.ts";
export type { InstanceServices } from "./blueprint.ts";
