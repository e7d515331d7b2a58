import { Type } from "typebox";
import { anyObject, nullable } from "./conventions.ts";
import { operation } from "./operation.ts";
import { observationSchema } from "./sources.ts";

const component = {
  id: Type.Optional(Type.String({ description: "Of the component: `sc_…`, or its key." })),
  component_code: Type.Optional(Type.String({ minLength: 1, description: "Instead of `id`: code that is not saved." })),
  version: Type.Optional(Type.String({ description: "Of a key: this version." })),
};
const configured = {
  configured_props: Type.Optional(
    Type.Record(Type.String(), Type.Unknown(), {
      description: "The values so far, as for sources; accounts as `{authProvisionId}`. Expressions stay as they are.",
    }),
  ),
};
const told = {
  observations: Type.Array(observationSchema, { description: "What the code logged." }),
  errors: Type.Array(Type.String(), {
    description: "Why the component's code failed; the status is 200 all the same.",
  }),
};
const tag = "Components";

export const configuringOperations = {
  configureProp: operation({
    id: "configureProp",
    method: "POST",
    path: "/components/configure",
    summary: "List the options of a prop",
    description:
      "Runs the prop's `options` in a sandbox, with the accounts that the values name. For the next page send `page` + 1 " +
      "and the `context` of this reply as `prev_context`.",
    tag,
    access: "token",
    takesOrgId: true,
    changesNothing: true,
    body: Type.Object({
      ...component,
      prop_name: Type.String({ minLength: 1 }),
      ...configured,
      page: Type.Optional(Type.Integer({ minimum: 0, description: "From 0." })),
      prev_context: Type.Optional(nullable(anyObject)),
      query: Type.Optional(Type.String({ description: "What to search for, where the prop has `useQuery`." })),
    }),
    status: 200,
    reply: Type.Object({
      options: nullable(Type.Array(Type.Object({ label: Type.String(), value: Type.Unknown() }))),
      stringOptions: nullable(Type.Array(Type.String(), { description: "Instead of `options`, where all are text." })),
      context: nullable(anyObject),
      ...told,
    }),
  }),
  reloadProps: operation({
    id: "reloadProps",
    method: "POST",
    path: "/components/props",
    summary: "List the props of a component for the values so far",
    description:
      "The component's own props, and those that its `additionalProps` makes of the values. With `component_code` this is " +
      "how to learn the props of code that is not saved.",
    tag,
    access: "token",
    takesOrgId: true,
    changesNothing: true,
    body: Type.Object({ ...component, ...configured }),
    status: 200,
    reply: Type.Object({
      ...told,
      dynamicProps: Type.Object({ configurableProps: Type.Array(anyObject) }),
    }),
  }),
};
