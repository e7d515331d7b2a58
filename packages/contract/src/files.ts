import { Type } from "typebox";
import { dataOf, epochSeconds, noContent, nullable, pageOf, pageParameters } from "./conventions.ts";
import { operation } from "./operation.ts";

export const fileSchema = Type.Object({
  path: Type.String({ description: "`folder/name`" }),
  name: Type.String(),
  type: Type.Union([Type.Literal("file"), Type.Literal("directory")]),
  size_bytes: nullable(Type.Integer({ description: "Null of a directory." })),
  content_type: nullable(Type.String()),
  updated_at: epochSeconds,
});

const project = { project_id: Type.String({ description: "`proj_…`" }) };
const file = Type.Object({ ...project, path: Type.String({ description: "Slashes in it may stay as they are." }) });
const tag = "Files";

export const fileOperations = {
  listProjectFiles: operation({
    id: "listProjectFiles",
    method: "GET",
    path: "/projects/:project_id/files",
    summary: "List what lies in a directory of a project's file store",
    tag,
    access: "token",
    params: Type.Object(project),
    query: Type.Object({
      ...pageParameters,
      directory: Type.Optional(Type.String({ description: "Its path; the root when absent." })),
    }),
    status: 200,
    reply: pageOf(fileSchema),
  }),
  getProjectFile: operation({
    id: "getProjectFile",
    method: "GET",
    path: "/projects/:project_id/files/:path",
    summary: "Download a file",
    tag,
    access: "token",
    params: file,
    status: 200,
    streams: "file",
    reply: Type.Unsafe<Blob>({ type: "string", description: "Its content." }),
  }),
  putProjectFile: operation({
    id: "putProjectFile",
    method: "PUT",
    path: "/projects/:project_id/files/:path",
    summary: "Upload a file, or replace it",
    description:
      "The body is its content, as it is; its type is that of the request. It appears when all of it has arrived.",
    tag,
    access: "token",
    params: file,
    takesFile: true,
    status: 200,
    reply: dataOf(fileSchema),
  }),
  deleteProjectFile: operation({
    id: "deleteProjectFile",
    method: "DELETE",
    path: "/projects/:project_id/files/:path",
    summary: "Delete a file",
    tag,
    access: "token",
    params: file,
    status: 204,
    reply: noContent,
  }),
};
