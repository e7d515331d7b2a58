/** The form for a component's `configurable_props`: one input per prop, by its type. */
export { startingValues } from "./component-prop.ts";
export { PropsForm } from "./props-form.tsx";
