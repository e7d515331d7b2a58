import { Type } from "typebox";
import { componentFilters, listedComponentSchema } from "./components.ts";
import { dataOf, emptyReply, epochSeconds, nullable, pageOf, pageParameters } from "./conventions.ts";
import { operation } from "./operation.ts";

const scope = Type.Union([Type.Literal("workspace"), Type.Literal("instance")], {
  description: "`workspace` saves the components there; `instance` publishes them for every workspace.",
});
const count = Type.Integer({ minimum: 0 });

export const registryImportSchema = Type.Object({
  id: Type.String({ description: "`imp_…`" }),
  source: Type.String(),
  resolved: nullable(Type.String({ description: "The very version that is imported." })),
  scope,
  status: Type.Union([
    Type.Literal("receiving", { description: "Waits for files." }),
    Type.Literal("queued"),
    Type.Literal("running"),
    Type.Literal("done"),
    Type.Literal("failed"),
  ]),
  total: nullable(Type.Integer({ description: "Files that look like components; null until they are counted." })),
  loaded: count,
  unchanged: count,
  skipped: count,
  failed: count,
  error: nullable(Type.String({ description: "Of the import as a whole." })),
  created_at: epochSeconds,
  updated_at: epochSeconds,
  ended_at: nullable(epochSeconds),
});

const outcome = Type.Union([
  Type.Literal("loaded"),
  Type.Literal("unchanged"),
  Type.Literal("skipped"),
  Type.Literal("failed"),
]);

const importReply = dataOf(registryImportSchema);
const importId = Type.Object({ id: Type.String({ description: "`imp_…`" }) });
const tag = "Registry";

export const registryOperations = {
  listRegistry: operation({
    id: "listRegistry",
    method: "GET",
    path: "/registry",
    summary: "List the registry",
    description: "The components that are published on this instance, by key; without code and props.",
    tag,
    access: "token",
    query: Type.Object({ ...componentFilters, ...pageParameters }),
    status: 200,
    reply: pageOf(listedComponentSchema),
  }),
  listRegistryVersions: operation({
    id: "listRegistryVersions",
    method: "GET",
    path: "/registry/:key/versions",
    summary: "List a component's published versions",
    tag,
    access: "token",
    params: Type.Object({ key: Type.String() }),
    status: 200,
    reply: dataOf(
      Type.Array(
        Type.Object({
          version: Type.String(),
          id: Type.String({ description: "`sc_…`" }),
          current: Type.Boolean({ description: "What the key alone means." }),
          published_at: epochSeconds,
        }),
      ),
    ),
  }),
  createRegistryImport: operation({
    id: "createRegistryImport",
    method: "POST",
    path: "/registry/imports",
    summary: "Import components",
    description:
      "Loads all components of an npm package, or of files that are uploaded next. It goes on in the background and " +
      "survives a restart. While an import of the same source is under way, that one is answered. `instance` needs the " +
      "role admin in the instance's first workspace.",
    tag,
    access: "token",
    takesOrgId: true,
    body: Type.Object({
      source: Type.String({
        maxLength: 500,
        description: "`npm:<package>[@version]`, or `upload:<SHA-256 of what is uploaded, hex>`.",
      }),
      scope: Type.Optional(scope),
    }),
    status: 202,
    reply: importReply,
  }),
  listRegistryImports: operation({
    id: "listRegistryImports",
    method: "GET",
    path: "/registry/imports",
    summary: "List imports",
    tag,
    access: "token",
    query: Type.Object({ ...pageParameters }),
    status: 200,
    reply: pageOf(registryImportSchema),
  }),
  getRegistryImport: operation({
    id: "getRegistryImport",
    method: "GET",
    path: "/registry/imports/:id",
    summary: "Get an import",
    tag,
    access: "token",
    params: importId,
    status: 200,
    reply: importReply,
  }),
  listRegistryImportItems: operation({
    id: "listRegistryImportItems",
    method: "GET",
    path: "/registry/imports/:id/items",
    summary: "List what became of an import's files",
    tag,
    access: "token",
    params: importId,
    query: Type.Object({ outcome: Type.Optional(outcome), ...pageParameters }),
    status: 200,
    reply: pageOf(
      Type.Object({
        path: Type.String(),
        outcome,
        component_id: nullable(Type.String()),
        key: nullable(Type.String()),
        version: nullable(Type.String()),
        reason: nullable(Type.String({ description: "Why it was skipped or failed." })),
      }),
    ),
  }),
  addRegistryImportFiles: operation({
    id: "addRegistryImportFiles",
    method: "POST",
    path: "/registry/imports/:id/files",
    summary: "Upload files for an import",
    description: "As often as needed; the same path again replaces the file.",
    tag,
    access: "token",
    params: importId,
    body: Type.Object({
      files: Type.Array(
        Type.Object({ path: Type.String({ minLength: 1, maxLength: 1_000 }), content: Type.String() }),
        {
          minItems: 1,
          maxItems: 1_000,
        },
      ),
    }),
    status: 200,
    reply: importReply,
  }),
  startRegistryImport: operation({
    id: "startRegistryImport",
    method: "POST",
    path: "/registry/imports/:id/start",
    summary: "Start an import of uploaded files",
    tag,
    access: "token",
    params: importId,
    status: 202,
    reply: importReply,
  }),
  deleteRegistryImport: operation({
    id: "deleteRegistryImport",
    method: "DELETE",
    path: "/registry/imports/:id",
    summary: "Delete an import",
    description: "One that is under way stops soon. What it loaded stays.",
    tag,
    access: "token",
    params: importId,
    status: 200,
    reply: emptyReply,
  }),
};
