import { Type } from "typebox";
import { dataOf, nullable, pageOf, pageParameters } from "./conventions.ts";
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

export const appOperations = {
  listApps: operation({
    id: "listApps",
    method: "GET",
    path: "/apps",
    summary: "List apps",
    tag: "Apps",
    access: "token",
    query: Type.Object({
      ...pageParameters,
      q: Type.Optional(Type.String({ description: "Text in the app's name or slug." })),
    }),
    status: 200,
    reply: pageOf(appSchema),
  }),
  getApp: operation({
    id: "getApp",
    method: "GET",
    path: "/apps/:app_id",
    summary: "Get an app by id or slug",
    tag: "Apps",
    access: "token",
    params: Type.Object({ app_id: Type.String() }),
    query: Type.Object({
      shape: Type.Optional(Type.Literal("seed", { description: "Answers `data` as an array of one." })),
    }),
    status: 200,
    reply: dataOf(Type.Union([appSchema, Type.Array(appSchema)])),
  }),
};
