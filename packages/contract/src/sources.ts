import { Type } from "typebox";
import { anyObject, dataOf, epochSeconds, mapOf, noContent, nullable, pageOf, pageParameters } from "./conventions.ts";
import { operation } from "./operation.ts";

export const sourceSchema = Type.Object({
  id: Type.String({ description: "`dc_…`" }),
  user_id: Type.Optional(Type.String({ description: "Who created it; absent when a program did." })),
  owner_id: Type.String({ description: "Its workspace, `o_…`." }),
  component_id: Type.String(),
  configured_props: Type.Record(Type.String(), Type.Unknown(), {
    description:
      "As configured. Timers show `{cron, interval_seconds}`, HTTP interfaces `{endpoint_url}`; secrets are masked.",
  }),
  active: Type.Boolean(),
  created_at: epochSeconds,
  updated_at: epochSeconds,
  name: Type.String(),
  name_slug: Type.String({ description: "Unique in the workspace." }),
});

/** What code logged, or how it failed. */
export const observationSchema = Type.Object({
  k: Type.String({ description: "e.g. `console.log`." }),
  ts: Type.Integer({ description: "Epoch milliseconds." }),
  msg: Type.Optional(Type.String()),
  err: Type.Optional(Type.Object({ name: Type.String(), message: Type.String(), stack: Type.Optional(Type.String()) })),
});

const runError = Type.Object({
  code: Type.String(),
  name: Type.String(),
  message: Type.String(),
  stack: Type.Optional(Type.String()),
});

const runProperties = {
  id: Type.String({ description: "KSUID." }),
  source_id: Type.String(),
  status: Type.Union([Type.Literal("success"), Type.Literal("error")]),
  cause: Type.String({ description: "`http`, `timer`, `event`, `manual`, or the hook that ran." }),
  attempt: Type.Integer(),
  trigger: nullable(Type.Object({ emitter_id: Type.String(), event_name: Type.String(), event_id: Type.String() })),
  emit_count: Type.Integer(),
  logs: Type.Array(observationSchema),
  error: nullable(runError),
  started_at_ms: Type.Integer(),
  ended_at_ms: Type.Integer(),
};

export const sourceRunSchema = Type.Object(runProperties);

const emitSchema = Type.Object({
  event_id: nullable(Type.String({ description: "Null when deduplication dropped it, or while it is put off." })),
  event_name: Type.String(),
  event: Type.Unknown(),
  id: Type.Optional(Type.String()),
  summary: Type.Optional(Type.String()),
  ts: Type.Optional(Type.Integer()),
});

export const manualRunSchema = Type.Object({ ...runProperties, emits: Type.Array(emitSchema) });

export const testEventSchema = Type.Object({
  id: nullable(Type.String({ description: "The event's id; null when deduplication dropped it." })),
  indexed_at_ms: nullable(Type.Integer()),
  event: Type.Unknown(),
  metadata: Type.Object({
    emitter_id: Type.String(),
    emit_id: nullable(Type.String()),
    name: Type.String(),
    id: Type.Optional(Type.String()),
    summary: Type.Optional(Type.String()),
  }),
});

const componentReference = {
  component_id: Type.Optional(Type.String({ description: "A saved component, `sc_…`; preferred over the others." })),
  component_code: Type.Optional(Type.String({ description: "The component's code." })),
  component_url: Type.Optional(Type.String({ description: "Where the code is: https, GitHub or `npm:`." })),
  component_key: Type.Optional(Type.String({ description: "A key in the workspace or the registry." })),
};

const configuredProps = Type.Optional(mapOf(Type.Unknown()));
const sourceName = Type.Optional(Type.String({ minLength: 1, maxLength: 200 }));
const sourceId = Type.Object({ id: Type.String({ description: "`dc_…`" }) });
const ignoreHookErrors = Type.Object({
  ignore_hook_errors: Type.Optional(Type.Boolean({ description: "Go on when the `deactivate` hook throws." })),
});
const tag = "Sources";

export const sourceOperations = {
  createSource: operation({
    id: "createSource",
    method: "POST",
    path: "/sources",
    summary: "Create a source",
    description:
      "Deploys a source component: validates its props, runs its `deploy` and `activate` hooks and starts its timers. " +
      "A hook that throws answers 422, and nothing is left behind.",
    tag,
    access: "token",
    takesOrgId: true,
    body: Type.Object({ ...componentReference, configured_props: configuredProps, name: sourceName }),
    status: 200,
    reply: dataOf(sourceSchema),
  }),
  getSource: operation({
    id: "getSource",
    method: "GET",
    path: "/sources/:id",
    summary: "Get a source",
    tag,
    access: "token",
    params: sourceId,
    status: 200,
    reply: dataOf(sourceSchema),
  }),
  updateSource: operation({
    id: "updateSource",
    method: "PUT",
    path: "/sources/:id",
    summary: "Update a source",
    description:
      "New code or props run the old `deactivate` hook and then the new `activate` hook; `deploy` is not run again, and the " +
      "endpoint and `$.service.db` stay. `configured_props` replaces the props that it names; null removes one. " +
      "When the new `activate` throws, the source goes on as it was, and the answer is 422.",
    tag,
    access: "token",
    params: sourceId,
    query: ignoreHookErrors,
    body: Type.Object({
      ...componentReference,
      configured_props: configuredProps,
      name: sourceName,
      active: Type.Optional(Type.Boolean()),
    }),
    status: 200,
    reply: dataOf(sourceSchema),
  }),
  deleteSource: operation({
    id: "deleteSource",
    method: "DELETE",
    path: "/sources/:id",
    summary: "Delete a source",
    description: "Runs the `deactivate` hook. When it throws, the answer is 422 and the source stays.",
    tag,
    access: "token",
    params: sourceId,
    query: ignoreHookErrors,
    status: 204,
    reply: noContent,
  }),
  runSource: operation({
    id: "runSource",
    method: "POST",
    path: "/sources/:id/run",
    summary: "Run a source now",
    description: "Answers when the run has ended.",
    tag,
    access: "token",
    params: sourceId,
    body: Type.Object({ event: Type.Optional(anyObject) }),
    status: 200,
    reply: dataOf(manualRunSchema),
  }),
  createSourceEvent: operation({
    id: "createSourceEvent",
    method: "POST",
    path: "/sources/:source_id/events",
    summary: "Emit a test event from a source",
    description: "The event goes through the source's deduplication and to its subscribers.",
    tag,
    access: "token",
    // The body's `id` is the event's, for deduplication.
    params: Type.Object({ source_id: Type.String() }),
    body: Type.Object({
      event: Type.Unknown(),
      event_name: Type.Optional(Type.String({ maxLength: 200 })),
      id: Type.Optional(Type.Union([Type.String(), Type.Number()], { description: "For deduplication." })),
      summary: Type.Optional(Type.String()),
    }),
    status: 200,
    reply: dataOf(testEventSchema),
  }),
  listSourceRuns: operation({
    id: "listSourceRuns",
    method: "GET",
    path: "/sources/:id/runs",
    summary: "List the runs of a source",
    tag,
    access: "token",
    params: sourceId,
    query: Type.Object({ ...pageParameters }),
    status: 200,
    reply: pageOf(sourceRunSchema),
  }),
  listMySources: operation({
    id: "listMySources",
    method: "GET",
    path: "/users/me/sources",
    summary: "List the sources of the current user's workspaces",
    tag,
    access: "user_key",
    query: Type.Object({ ...pageParameters }),
    status: 200,
    reply: pageOf(sourceSchema),
  }),
  listWorkspaceSources: operation({
    id: "listWorkspaceSources",
    method: "GET",
    path: "/workspaces/:workspace_id/sources",
    summary: "List the sources of a workspace",
    tag,
    access: "token",
    params: Type.Object({ workspace_id: Type.String({ description: "`o_…`" }) }),
    query: Type.Object({ ...pageParameters }),
    status: 200,
    reply: pageOf(sourceSchema),
  }),
};
