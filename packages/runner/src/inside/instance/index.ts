/** Makes `this`: what a component's functions see of its props, apps, methods and services. */
export { Blueprint } from "./blueprint.ts";
