/** Workflows and their versions. */
import type { Workflows } from "../../../workflows/index.ts";
import type { StepTests } from "../../../workflows/engine/index.ts";
import type { Route } from "../../route.ts";
import { createWorkflow } from "./createWorkflow.ts";
import { deleteWorkflow } from "./deleteWorkflow.ts";
import { getWorkflow } from "./getWorkflow.ts";
import { listWorkflows } from "./listWorkflows.ts";
import { listWorkflowVersions } from "./listWorkflowVersions.ts";
import { rollbackWorkflow } from "./rollbackWorkflow.ts";
import { testWorkflowStep } from "./testWorkflowStep.ts";
import { updateWorkflow } from "./updateWorkflow.ts";

export function workflowRoutes(services: { workflows: Workflows; stepTests: StepTests }): Route[] {
  return [
    createWorkflow(services),
    deleteWorkflow(services),
    getWorkflow(services),
    listWorkflows(services),
    listWorkflowVersions(services),
    rollbackWorkflow(services),
    testWorkflowStep(services),
    updateWorkflow(services),
  ];
}
