/** Runs of workflows, and what workflows emit. */
import type { Route } from "../../route.ts";
import type { ApiServices } from "../../services.ts";
import { cancelRun } from "./cancelRun.ts";
import { createWorkflowRun } from "./createWorkflowRun.ts";
import { getRun } from "./getRun.ts";
import { listWorkflowErrors } from "./listWorkflowErrors.ts";
import { listWorkflowEvents } from "./listWorkflowEvents.ts";
import { listWorkflowLogs } from "./listWorkflowLogs.ts";
import { listWorkflowRuns } from "./listWorkflowRuns.ts";
import { listWorkspaceRuns } from "./listWorkspaceRuns.ts";
import { replayRun } from "./replayRun.ts";
import { replayWorkflowRuns } from "./replayWorkflowRuns.ts";
import { streamWorkflowEvents } from "./streamWorkflowEvents.ts";

export function runRoutes(services: ApiServices): Route[] {
  return [
    cancelRun(services),
    createWorkflowRun(services),
    getRun(services),
    listWorkflowErrors(services),
    listWorkflowEvents(services),
    listWorkflowLogs(services),
    listWorkflowRuns(services),
    listWorkspaceRuns(services),
    replayRun(services),
    replayWorkflowRuns(services),
    streamWorkflowEvents(services),
  ];
}
