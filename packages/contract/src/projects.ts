import { Type } from "typebox";
import { dataOf, epochSeconds, pageOf, pageParameters } from "./conventions.ts";
import { operation } from "./operation.ts";

export const projectSchema = Type.Object({
  id: Type.String(),
  org_id: Type.String(),
  name: Type.String(),
  created_at: epochSeconds,
});

export const projectOperations = {
  createProject: operation({
    id: "createProject",
    method: "POST",
    path: "/projects",
    summary: "Make a project",
    tag: "Projects",
    access: "token",
    takesOrgId: true,
    body: Type.Object({ name: Type.String({ minLength: 1, maxLength: 200 }) }),
    status: 200,
    reply: dataOf(projectSchema),
  }),
  getProject: operation({
    id: "getProject",
    method: "GET",
    path: "/projects/:project_id",
    summary: "Get a project",
    tag: "Projects",
    access: "token",
    params: Type.Object({ project_id: Type.String() }),
    status: 200,
    reply: dataOf(projectSchema),
  }),
  listProjects: operation({
    id: "listProjects",
    method: "GET",
    path: "/workspaces/:workspace_id/projects",
    summary: "List the projects of a workspace",
    tag: "Projects",
    access: "token",
    params: Type.Object({ workspace_id: Type.String() }),
    query: Type.Object({ ...pageParameters }),
    status: 200,
    reply: pageOf(projectSchema),
  }),
};
