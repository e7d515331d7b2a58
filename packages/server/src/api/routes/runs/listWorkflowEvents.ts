import { runOperations } from "@millrace/contract";
import type { EventSummaries } from "../../../events/index.ts";
import { route, type Route } from "../../route.ts";
import { workflowSummaries } from "./workflow-summaries.ts";

export function listWorkflowEvents(services: { summaries: EventSummaries }): Route {
  return route(runOperations.listWorkflowEvents, ({ input, orgIds }) => {
    const of = { orgIds, workflowId: input.workflow_id, channel: input.event_name ?? "" };
    return workflowSummaries(services.summaries, of, input);
  });
}
