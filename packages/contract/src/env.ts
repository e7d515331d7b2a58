import { Type } from "typebox";
import { nullable, dataOf, epochSeconds } from "./conventions.ts";
import { operation } from "./operation.ts";

const variables = dataOf(Type.Array(Type.Object({ name: Type.String(), updated_at: epochSeconds })));
const values = nullable(Type.String());
const description =
  "The body is `{NAME: value, …}`; null removes a variable, and those that are not named stay. Values are never shown again. " +
  "Workflows see the workspace's variables and, before them, their project's.";
const projectId = Type.Object({ project_id: Type.String() });
const workspaceId = Type.Object({ workspace_id: Type.String() });
const tag = "Environment variables";

export const envOperations = {
  getProjectEnv: operation({
    id: "getProjectEnv",
    method: "GET",
    path: "/projects/:project_id/env",
    summary: "List the names of a project's variables",
    tag,
    access: "token",
    params: projectId,
    status: 200,
    reply: variables,
  }),
  putProjectEnv: operation({
    id: "putProjectEnv",
    method: "PUT",
    path: "/projects/:project_id/env",
    summary: "Set variables of a project",
    description,
    tag,
    access: "token",
    params: projectId,
    openBody: values,
    status: 200,
    reply: variables,
  }),
  getWorkspaceEnv: operation({
    id: "getWorkspaceEnv",
    method: "GET",
    path: "/workspaces/:workspace_id/env",
    summary: "List the names of a workspace's variables",
    tag,
    access: "token",
    params: workspaceId,
    status: 200,
    reply: variables,
  }),
  putWorkspaceEnv: operation({
    id: "putWorkspaceEnv",
    method: "PUT",
    path: "/workspaces/:workspace_id/env",
    summary: "Set variables of a workspace",
    description,
    tag,
    access: "token",
    params: workspaceId,
    openBody: values,
    status: 200,
    reply: variables,
  }),
};
