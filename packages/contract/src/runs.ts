import { Type } from "typebox";
import { dataOf, nullable, pageOf, pageParameters } from "./conventions.ts";
import { eventSummarySchema } from "./events.ts";
import { operation } from "./operation.ts";

const runStatus = Type.Union([
  Type.Literal("queued"),
  Type.Literal("running"),
  Type.Literal("paused"),
  Type.Literal("success"),
  Type.Literal("error"),
  Type.Literal("cancelled"),
]);
const anyJson = Type.Unknown();

const runError = Type.Object({
  code: Type.String(),
  name: Type.String(),
  message: Type.String(),
  stack: Type.Optional(Type.String({ description: "The stack of the user's own code." })),
  step: Type.Optional(Type.String({ description: "Namespace of the step that failed." })),
});

const runFields = {
  id: Type.String({ description: "KSUID." }),
  workflow_id: Type.String({ description: "`p_…`" }),
  deployment_id: nullable(Type.String({ description: "`d_…`: the version; null while the run is queued." })),
  trace_id: Type.String({ description: "The same for all runs that stem from one event." }),
  status: runStatus,
  replay_of: nullable(Type.String({ description: "The run that this one repeats." })),
  error: Type.Optional(nullable(runError)),
  started_at_ms: Type.Integer(),
  ended_at_ms: nullable(Type.Integer()),
};
const triggerFields = {
  type: Type.String({ description: "`http`, `timer`, `email`, `source`, `workflow` or `manual`." }),
  emitter_id: Type.String(),
  event_name: Type.String({ description: "The channel of the event." }),
  event_id: Type.String(),
};

export const runSummarySchema = Type.Object({ ...runFields, trigger: Type.Object(triggerFields) });

export const runStepSchema = Type.Object({
  namespace: Type.String(),
  index: Type.Optional(
    Type.Array(Type.Integer(), { description: "Inside loops: which item of each, outermost first." }),
  ),
  type: Type.Union([Type.Literal("step"), Type.Literal("block")]),
  status: Type.Union([Type.Literal("success"), Type.Literal("error"), Type.Literal("skipped"), Type.Literal("paused")]),
  attempts: Type.Integer(),
  props: anyJson,
  exports: Type.Record(Type.String(), anyJson),
  return_value: anyJson,
  logs: Type.Array(anyJson),
  error: nullable(anyJson),
  started_at_ms: Type.Integer(),
  ended_at_ms: Type.Integer(),
});

export const runSchema = Type.Object({
  ...runFields,
  trigger: Type.Object({ ...triggerFields, event: anyJson }),
  waits: Type.Array(
    Type.Object({
      namespace: Type.String(),
      kind: Type.String({ description: "`delay`, `suspend`, `rerun`, `retry` or `auto_retry`." }),
      until_ms: Type.Integer(),
    }),
  ),
  steps: Type.Array(runStepSchema),
  destinations: Type.Array(anyJson, { description: "What became of its `$.send.http`, `email` and so on." }),
});

const workflowId = Type.Object({ workflow_id: Type.String({ description: "`p_…`" }) });
const runId = Type.Object({ run_id: Type.String({ description: "KSUID." }) });
const since = Type.Optional(
  Type.String({ description: "Runs started then or later: ISO 8601, or epoch milliseconds." }),
);
const until = Type.Optional(Type.String({ description: "Runs started before then: ISO 8601, or epoch milliseconds." }));
const statusFilter = Type.Optional(runStatus);
const tag = "Runs";

const summaryQuery = Type.Object({
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, description: "Default 100." })),
  expand: Type.Optional(Type.Literal("event", { description: "`event`: show events in full." })),
  after: Type.Optional(Type.String({ description: "An event's id: the page that follows it, that is, older events." })),
  before: Type.Optional(Type.String({ description: "An event's id: the page that ends before it." })),
});

export const runOperations = {
  createWorkflowRun: operation({
    id: "createWorkflowRun",
    method: "POST",
    path: "/workflows/:workflow_id/runs",
    summary: "Run a workflow now",
    description: "Answers as soon as the run is written down, with its id.",
    tag,
    access: "token",
    params: workflowId,
    body: Type.Object({ event: Type.Optional(anyJson) }),
    status: 200,
    reply: dataOf(runSummarySchema),
  }),
  listWorkflowRuns: operation({
    id: "listWorkflowRuns",
    method: "GET",
    path: "/workflows/:workflow_id/runs",
    summary: "List the runs of a workflow, newest first",
    tag,
    access: "token",
    params: workflowId,
    query: Type.Object({ ...pageParameters, status: statusFilter, since, until }),
    status: 200,
    reply: pageOf(runSummarySchema),
  }),
  listWorkspaceRuns: operation({
    id: "listWorkspaceRuns",
    method: "GET",
    path: "/workspaces/:workspace_id/runs",
    summary: "List the runs of all workflows of a workspace, newest first",
    tag,
    access: "token",
    params: Type.Object({ workspace_id: Type.String({ description: "`o_…`" }) }),
    query: Type.Object({
      ...pageParameters,
      status: statusFilter,
      since,
      until,
      q: Type.Optional(
        Type.String({
          maxLength: 200,
          description: "Text in errors, results or logs; of the last 7 days unless `since` says otherwise.",
        }),
      ),
    }),
    status: 200,
    reply: pageOf(runSummarySchema),
  }),
  replayWorkflowRuns: operation({
    id: "replayWorkflowRuns",
    method: "POST",
    path: "/workflows/:workflow_id/runs/replay",
    summary: "Replay all runs that a filter finds",
    description:
      "In their original order, at most 1,000 in one call. Runs that have not ended are left out. A field that is not known is refused.",
    tag,
    access: "token",
    params: workflowId,
    // A filter with a slip in its name would find every run.
    body: Type.Object({ status: statusFilter, since, until }, { additionalProperties: false }),
    status: 200,
    reply: dataOf(Type.Object({ count: Type.Integer(), run_ids: Type.Array(Type.String()) })),
  }),
  getRun: operation({
    id: "getRun",
    method: "GET",
    path: "/runs/:run_id",
    summary: "Get a run with its steps",
    tag,
    access: "token",
    params: runId,
    status: 200,
    reply: dataOf(runSchema),
  }),
  replayRun: operation({
    id: "replayRun",
    method: "POST",
    path: "/runs/:run_id/replay",
    summary: "Run a workflow's newest version again with the event of a run",
    description:
      "With `from_step` the results of the steps before it are kept, and only that step and those after it run. A step inside a loop begins its loop anew.",
    tag,
    access: "token",
    params: runId,
    body: Type.Object({ from_step: Type.Optional(Type.String({ description: "Namespace." })) }),
    status: 200,
    reply: dataOf(runSummarySchema),
  }),
  cancelRun: operation({
    id: "cancelRun",
    method: "POST",
    path: "/runs/:run_id/cancel",
    summary: "Cancel a run that is queued, running or paused",
    description: "A step that is at work runs on to its end, but nothing of it is recorded.",
    tag,
    access: "token",
    params: runId,
    status: 200,
    reply: dataOf(runSummarySchema),
  }),
  listWorkflowEvents: operation({
    id: "listWorkflowEvents",
    method: "GET",
    path: "/workflows/:workflow_id/event_summaries",
    summary: "Get what a workflow has emitted, newest first",
    description: "Events larger than 1 KB are cut unless `expand=event`.",
    tag,
    access: "token",
    params: workflowId,
    query: Type.Object({
      ...summaryQuery.properties,
      event_name: Type.Optional(Type.String({ maxLength: 200, description: "The channel, `$errors` or `$logs`." })),
    }),
    status: 200,
    reply: pageOf(eventSummarySchema),
  }),
  listWorkflowErrors: operation({
    id: "listWorkflowErrors",
    method: "GET",
    path: "/workflows/:workflow_id/$errors/event_summaries",
    summary: "Get the errors of a workflow, newest first",
    description: "Events larger than 1 KB are cut unless `expand=event`.",
    tag,
    access: "token",
    params: workflowId,
    query: summaryQuery,
    status: 200,
    reply: pageOf(eventSummarySchema),
  }),
  listWorkflowLogs: operation({
    id: "listWorkflowLogs",
    method: "GET",
    path: "/workflows/:workflow_id/$logs/event_summaries",
    summary: "Get the log lines of a workflow's runs, newest first",
    tag,
    access: "token",
    params: workflowId,
    query: summaryQuery,
    status: 200,
    reply: pageOf(eventSummarySchema),
  }),
  streamWorkflowEvents: operation({
    id: "streamWorkflowEvents",
    method: "GET",
    path: "/workflows/:workflow_id/sse",
    summary: "Follow a workflow as server-sent events",
    description:
      "What its steps send by `$.send.sse`: each message is named by its channel, and the last 100 come first. With `event_name`, the " +
      "events of that channel of the workflow (empty: the default channel). Each message's `id` is the event's id: reconnect " +
      "with `Last-Event-ID` to go on without a gap. A comment is sent every 15 s.",
    tag,
    access: "token",
    params: workflowId,
    query: Type.Object({ event_name: Type.Optional(Type.String({ maxLength: 200 })) }),
    status: 200,
    reply: eventSummarySchema,
    streams: "sse",
  }),
};
