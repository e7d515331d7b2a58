import { Type } from "typebox";
import { anyObject, dataOf, emptyReply, epochSeconds, nullable } from "./conventions.ts";
import { operation } from "./operation.ts";

export const componentSchema = Type.Object({
  id: Type.String({ description: "`sc_…`" }),
  code: Type.String({ description: "Of several files: the entry's." }),
  code_hash: Type.String({ description: "SHA-256 of the code, hex; of several files: of all of them." }),
  name: Type.String(),
  version: Type.String(),
  key: nullable(Type.String({ description: "The component's own `key`." })),
  description: nullable(Type.String()),
  type: Type.Union([Type.Literal("source"), Type.Literal("action"), Type.Literal("app")]),
  configurable_props: Type.Array(anyObject, { description: "Without functions; `propDefinition`s are resolved." }),
  created_at: epochSeconds,
  updated_at: epochSeconds,
});

const componentReply = dataOf(componentSchema);
const tag = "Components";

export const componentOperations = {
  createComponent: operation({
    id: "createComponent",
    method: "POST",
    path: "/components",
    summary: "Create a component",
    description:
      "Saves a component's code: reads its definition in a sandbox and pins its npm dependencies. The same code saved " +
      "twice in a workspace is one component. With both parameters the code counts and the URL is kept as its origin.",
    tag,
    access: "token",
    takesOrgId: true,
    body: Type.Object({
      component_code: Type.Optional(Type.String({ minLength: 1, description: "ES module, CommonJS or TypeScript." })),
      component_url: Type.Optional(
        Type.String({
          minLength: 1,
          description: "`https://host/x.mjs`, a file on github.com, or `npm:<package>[@version]/<path>`.",
        }),
      ),
    }),
    status: 200,
    reply: componentReply,
  }),
  getComponent: operation({
    id: "getComponent",
    method: "GET",
    path: "/components/:id_or_key",
    summary: "Get a component",
    description: "By id, or the newest one saved under a key in your workspaces, else the registry's.",
    tag,
    access: "token",
    params: Type.Object({ id_or_key: Type.String() }),
    query: Type.Object({ version: Type.Optional(Type.String({ description: "Of a key: this version." })) }),
    status: 200,
    reply: componentReply,
  }),
  getRegistryComponent: operation({
    id: "getRegistryComponent",
    method: "GET",
    path: "/components/registry/:key",
    summary: "Get a component from the registry",
    tag,
    access: "token",
    params: Type.Object({ key: Type.String() }),
    status: 200,
    reply: componentReply,
  }),
  publishComponent: operation({
    id: "publishComponent",
    method: "POST",
    path: "/components/:id/publish",
    summary: "Publish a component in the registry",
    description: "Every workspace of this instance can then use it by its key. A later version replaces it.",
    tag,
    access: "token",
    role: "admin",
    params: Type.Object({ id: Type.String({ description: "`sc_…`" }) }),
    status: 200,
    reply: componentReply,
  }),
  unpublishComponent: operation({
    id: "unpublishComponent",
    method: "DELETE",
    path: "/components/registry/:key",
    summary: "Take a component out of the registry",
    description: "Sources that were made from it keep running.",
    tag,
    access: "token",
    role: "admin",
    params: Type.Object({ key: Type.String() }),
    status: 200,
    reply: emptyReply,
  }),
};
