/** Workflows and their versions. */
import type { Workflows } from "../../../workflows/index.ts";
import type { Route } from "../../route.ts";
import { createWorkflow } from "./createWorkflow.ts";
import { deleteWorkflow } from "./deleteWorkflow.ts";
import { getWorkflow } from "./getWorkflow.ts";
import { listWorkflows } from "./listWorkflows.ts";
import { listWorkflowVersions } from "./listWorkflowVersions.ts";
import { rollbackWorkflow } from "./rollbackWorkflow.ts";
import { updateWorkflow } from "./updateWorkflow.ts";

export function workflowRoutes(services: { workflows: Workflows }): Route[] {
  return [
    createWorkflow(services),
    deleteWorkflow(services),
    getWorkflow(services),
    listWorkflows(services),
    listWorkflowVersions(services),
    rollbackWorkflow(services),
    updateWorkflow(services),
  ];
}
