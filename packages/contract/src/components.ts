import { Type } from "typebox";
import { anyObject, dataOf, emptyReply, epochSeconds, nullable, pageOf, pageParameters } from "./conventions.ts";
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

const kind = Type.Union([Type.Literal("source"), Type.Literal("action"), Type.Literal("app")]);

/** A component in a list. */
export const listedComponentSchema = Type.Object({
  id: Type.String({ description: "`sc_…`" }),
  key: Type.String(),
  name: Type.String(),
  version: Type.String(),
  type: kind,
  description: nullable(Type.String()),
  apps: Type.Array(Type.String(), { description: "Slugs of the apps that it uses." }),
  created_at: epochSeconds,
  updated_at: epochSeconds,
});

/** What narrows a list of components. */
export const componentFilters = {
  q: Type.Optional(Type.String({ description: "Part of the key or the name." })),
  type: Type.Optional(kind),
  app: Type.Optional(Type.String({ description: "Slug of an app that they use." })),
};

const componentReply = dataOf(componentSchema);
const version = Type.Optional(Type.String({ description: "This version instead of the newest." }));
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
  listComponents: operation({
    id: "listComponents",
    method: "GET",
    path: "/components",
    summary: "List components",
    description: "Those of your workspaces that have a key, newest first; without code and props.",
    tag,
    access: "token",
    query: Type.Object({ ...componentFilters, ...pageParameters }),
    status: 200,
    reply: pageOf(listedComponentSchema),
  }),
  searchComponents: operation({
    id: "searchComponents",
    method: "GET",
    path: "/components/search",
    summary: "Search for components",
    description:
      "Components of your workspaces and the registry that do what the query says in natural language, best first: " +
      "keys of sources and actions.",
    tag,
    access: "token",
    query: Type.Object({
      query: Type.String({ minLength: 1, maxLength: 1_000, description: "e.g. `Send a message to Slack`" }),
      app: Type.Optional(Type.String({ description: "Slug of an app: only components that use it." })),
      similarity_threshold: Type.Optional(
        Type.Number({ minimum: 0, maximum: 1, description: "Least cosine similarity of the embeddings." }),
      ),
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, description: "Of each kind; default 10." })),
      debug: Type.Optional(Type.Boolean({ description: "Adds the model, the time taken and the similarities." })),
    }),
    status: 200,
    reply: Type.Object({
      sources: Type.Array(Type.String()),
      actions: Type.Array(Type.String()),
      debug: Type.Optional(
        Type.Object({
          model: Type.String(),
          took_ms: Type.Number(),
          scores: Type.Array(
            Type.Object({
              key: Type.String(),
              type: kind,
              similarity: nullable(Type.Number({ description: "Null while the component has no embedding." })),
            }),
          ),
        }),
      ),
    }),
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
    description: "The version that was published last, or the named one.",
    tag,
    access: "token",
    params: Type.Object({ key: Type.String() }),
    query: Type.Object({ version }),
    status: 200,
    reply: componentReply,
  }),
  publishComponent: operation({
    id: "publishComponent",
    method: "POST",
    path: "/components/:id/publish",
    summary: "Publish a component in the registry",
    description:
      "Every workspace of this instance can then use it by its key, so this needs the role admin in the instance's first " +
      "workspace, too. Earlier versions are kept.",
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
    description:
      "All versions, or the named one. Sources that were made from it keep running. Admins of the instance's first workspace may take out what any workspace published.",
    tag,
    access: "token",
    role: "admin",
    params: Type.Object({ key: Type.String() }),
    query: Type.Object({ version }),
    status: 200,
    reply: emptyReply,
  }),
};
