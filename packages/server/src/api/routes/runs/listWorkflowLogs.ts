import { runOperations } from "@millrace/contract";
import type { EventSummaries } from "../../../events/index.ts";
import { LOGS_CHANNEL } from "../../../workflows/engine/index.ts";
import { route, type Route } from "../../route.ts";
import { workflowSummaries } from "./workflow-summaries.ts";

export function listWorkflowLogs(services: { summaries: EventSummaries }): Route {
  return route(runOperations.listWorkflowLogs, ({ input, orgIds }) => {
    const of = { orgIds, workflowId: input.workflow_id, channel: LOGS_CHANNEL };
    return workflowSummaries(services.summaries, of, input);
  });
}
