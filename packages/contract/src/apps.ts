import { Type } from "typebox";
import type { AppDefinition } from "./app-definition.ts";
import { dataOf, mapOf, noContent, nullable, pageOf, pageParameters } from "./conventions.ts";
import { operation } from "./operation.ts";

export const appSchema = Type.Object({
  id: Type.String(),
  name_slug: Type.String(),
  name: Type.String(),
  auth_type: Type.Union([Type.Literal("keys"), Type.Literal("oauth"), Type.Literal("none")]),
  description: nullable(Type.String()),
  img_src: nullable(Type.String()),
  custom_fields_json: Type.String({ description: "A JSON array of the fields that an account of the app holds." }),
  categories: Type.Array(Type.String()),
});

const tag = "Apps";
const params = Type.Object({ app_id: Type.String({ description: "Id or slug." }) });
const definition = mapOf(Type.Unknown(), {
  description: "As in a file of the catalogue: slug, name, description, categories, icon, auth, test.",
});
const shape = Type.Optional(Type.Literal("seed"));

export const appOperations = {
  listApps: operation({
    id: "listApps",
    method: "GET",
    path: "/apps",
    summary: "List apps",
    tag,
    access: "token",
    query: Type.Object({
      ...pageParameters,
      q: Type.Optional(
        Type.String({ description: "Text in the app's name, slug or description; the best matches come first." }),
      ),
      sort_key: Type.Optional(
        Type.Union([Type.Literal("name"), Type.Literal("name_slug"), Type.Literal("featured_weight")]),
      ),
      sort_direction: Type.Optional(Type.Union([Type.Literal("asc"), Type.Literal("desc")])),
      shape,
    }),
    status: 200,
    reply: pageOf(appSchema),
  }),
  getApp: operation({
    id: "getApp",
    method: "GET",
    path: "/apps/:app_id",
    summary: "Get an app by id or slug",
    tag,
    access: "token",
    params,
    query: Type.Object({
      shape: Type.Optional(Type.Literal("seed", { description: "Answers `data` as an array of one." })),
    }),
    status: 200,
    reply: dataOf(Type.Union([appSchema, Type.Array(appSchema)])),
  }),
  getAppDefinition: operation({
    id: "getAppDefinition",
    method: "GET",
    path: "/apps/:app_id/definition",
    summary: "Get how an app's accounts connect and are tested",
    tag,
    access: "token",
    params,
    status: 200,
    reply: dataOf(Type.Unsafe<AppDefinition>(Type.Record(Type.String(), Type.Unknown()))),
  }),
  getAppLogo: operation({
    id: "getAppLogo",
    method: "GET",
    path: "/apps/:app_id/logo",
    summary: "Get an app's logo",
    tag,
    access: "public",
    params,
    status: 200,
    streams: "file",
    reply: Type.Unsafe<Blob>({ type: "string", description: "SVG." }),
  }),
  createApp: operation({
    id: "createApp",
    method: "POST",
    path: "/apps",
    summary: "Add an app to the instance's catalogue",
    description: "For owners of the instance's first workspace.",
    tag,
    access: "user_key",
    role: "owner",
    body: Type.Object({ definition }),
    status: 201,
    reply: dataOf(appSchema),
  }),
  updateApp: operation({
    id: "updateApp",
    method: "PUT",
    path: "/apps/:app_id",
    summary: "Change an app of the instance's catalogue",
    description:
      "`definition` is a JSON merge patch, laid over what the files say, also after an upgrade. For owners of the instance's first workspace.",
    tag,
    access: "user_key",
    role: "owner",
    params,
    body: Type.Object({ definition }),
    status: 200,
    reply: dataOf(appSchema),
  }),
  deleteApp: operation({
    id: "deleteApp",
    method: "DELETE",
    path: "/apps/:app_id",
    summary: "Take back what the API said about an app",
    description: "It is as the catalogue's files say again, or gone. For owners of the instance's first workspace.",
    tag,
    access: "user_key",
    role: "owner",
    params,
    status: 204,
    reply: noContent,
  }),
};
