import { Type } from "typebox";
import { anyObject, dataOf, epochSeconds, noContent, nullable, pageOf, pageParameters } from "./conventions.ts";
import { operation } from "./operation.ts";
import { sourceSchema } from "./sources.ts";

const text = Type.String();
const nullOnly = Type.Null();

const savedComponent = Type.Object({
  id: text,
  code: text,
  codeHash: Type.String({ description: "SHA-256 of the code, hex." }),
  configurableProps: Type.Array(Type.Unknown()),
  key: nullable(text),
  description: nullable(text),
  entryPath: nullOnly,
  version: Type.String({ description: "Empty for code without a key." }),
  apps: Type.Array(Type.Object({ appId: text, nameSlug: text, authType: text })),
});

const retry = Type.Object({
  max_attempts: Type.Integer({ description: "All attempts, the first one included." }),
  backoff_s: Type.Number(),
  factor: Type.Number(),
  max_backoff_s: Type.Number(),
  errors: Type.Optional(Type.Array(text)),
});

const codeCell = Type.Object({
  id: Type.String({ description: "`c_…`" }),
  type: Type.Literal("CodeCell"),
  namespace: text,
  disabled: Type.Boolean(),
  code_raw: nullOnly,
  codeRaw: nullOnly,
  codeConfigJson: nullOnly,
  lang: text,
  text_raw: nullOnly,
  appConnections: Type.Array(Type.Unknown()),
  flat_params_visibility_json: nullOnly,
  params_json: text,
  component: Type.Literal(true),
  savedComponent,
  component_key: nullable(text),
  component_owner_id: nullable(text),
  configured_props_json: nullable(text),
  authProvisionIdMap: anyObject,
  authProvisionIds: Type.Array(text),
  retry: Type.Optional(retry),
});

const flowStep = Type.Object(
  {
    type: Type.String({ description: "`if`, `switch`, `parallel`, `loop` or `end`." }),
    namespace: text,
    disabled: Type.Boolean(),
    condition: Type.Optional(nullable(text)),
    else: Type.Optional(nullable(Type.Array(Type.Unknown()))),
    cases: Type.Optional(Type.Array(Type.Unknown())),
    default: Type.Optional(nullable(Type.Array(Type.Unknown()))),
    branches: Type.Optional(Type.Array(Type.Unknown())),
    over: Type.Optional(text),
    steps: Type.Optional(Type.Array(Type.Unknown())),
    reason: Type.Optional(nullable(text)),
  },
  { description: "Control flow; the steps inside look like those outside." },
);

const times = { created_at: epochSeconds, updated_at: epochSeconds };
const { user_id: _userId, ...sourceProperties } = sourceSchema.properties;
const httpTrigger = Type.Object({
  ...{ id: text, key: text, endpoint_url: text, custom_response: Type.Boolean() },
  body_only: Type.Optional(Type.Literal(true, { description: "The event is the body alone." })),
  authorization: Type.Optional(
    Type.String({ description: "`oauth`, or `bearer`, whose token is not shown; absent: everybody may call it." }),
  ),
  static_response: Type.Optional(
    Type.Object({
      status: Type.Integer(),
      headers: Type.Record(Type.String(), Type.Union([text, Type.Array(text)])),
      body: text,
    }),
  ),
  ...times,
});
const timerTrigger = Type.Object({
  id: text,
  interval_seconds: nullable(Type.Integer()),
  cron: nullable(text),
  timezone: text,
  schedule_changed_at: epochSeconds,
  ...times,
});
const emailTrigger = Type.Object({ id: text, email_address: text, ...times });

const settingsReply = Type.Object({
  name: text,
  timeout_s: Type.Integer(),
  memory_mb: Type.Integer(),
  concurrency: nullable(Type.Integer()),
  throttle: nullable(Type.Object({ limit: Type.Integer(), interval_s: Type.Integer() })),
  queue_size: Type.Integer(),
  retain_s: nullable(Type.Integer()),
  auto_retry: Type.Boolean(),
  error_emails: Type.Boolean(),
});

const summaryProperties = {
  id: Type.String({ description: "`p_…`" }),
  name: text,
  active: Type.Boolean(),
  deployment_id: Type.String({ description: "The version that runs, `d_…`." }),
  project_id: nullable(text),
  owner_id: Type.String({ description: "Its workspace, `o_…`." }),
  ...times,
};

export const workflowSchema = Type.Object({
  ...summaryProperties,
  steps: Type.Array(Type.Union([codeCell, flowStep])),
  triggers: Type.Array(Type.Union([httpTrigger, timerTrigger, Type.Object(sourceProperties), emailTrigger])),
  settings: settingsReply,
});

export const workflowVersionSchema = Type.Object({
  id: Type.String({ description: "`d_…`" }),
  workflow_id: text,
  number: Type.Integer(),
  active: Type.Boolean({ description: "It is the version that runs." }),
  pending: Type.Boolean({ description: "Saved with `auto_deploy: false`; the next activation deploys it." }),
  created_at: epochSeconds,
});

const steps = Type.Optional(
  Type.Array(Type.Unknown(), {
    description:
      "In their order. Each has a `namespace` (letters, digits, underscores; unique), its code as one of `code` with `lang` " +
      "(`nodejs24.x`, `python3.12`, `bash`), `component_key`, `component_id` and `component_url`, and may have `props` (texts may " +
      "hold `{{ … }}`), `inputs` (Python), `disabled` and `retry {max_attempts, backoff_s, factor, max_backoff_s, errors}`. " +
      'Control flow: `{type: "if", condition, steps, else?}`, `{type: "switch", cases: [{slug, condition, steps}], default?}`, ' +
      '`{type: "parallel", branches: [{slug, condition?, steps}]}`, `{type: "loop", over, steps}`, `{type: "end", reason?}`, ' +
      "each with a `namespace` too. With a template: `{namespace, props}` over the template's step of that namespace.",
  }),
);
const triggers = Type.Optional(
  Type.Array(Type.Unknown(), {
    description:
      '`{type: "http", props: {custom_response, static_response, authorization, bearer_token, body_only}}`, ' +
      '`{type: "timer", props: {interval_seconds | cron, timezone}}`, `{type: "email"}`, `{type: "source", source_id}` or ' +
      '`{type: "source", component_id | component_key | component_code | component_url, props}`, which is deployed with the ' +
      "workflow. With a template: `{props}` over the template's trigger at that position.",
  }),
);
const settings = Type.Optional(
  Type.Record(Type.String(), Type.Unknown(), {
    description:
      "`name`, `auto_deploy` (true), `timeout_s` (30), `memory_mb` (256), `concurrency` (null: parallel), `throttle {limit, " +
      "interval_s}`, `queue_size` (10000), `retain_s`, `auto_retry`, `error_emails`.",
  }),
);
const workflowId = Type.Object({ id: Type.String({ description: "`p_…`" }) });
const tag = "Workflows";

export const workflowOperations = {
  createWorkflow: operation({
    id: "createWorkflow",
    method: "POST",
    path: "/workflows",
    summary: "Create a workflow",
    description:
      "From its steps, triggers and settings, or from a template that these override. What is wrong with it is listed in full, " +
      "each problem with its path, and then nothing is stored.",
    tag,
    access: "token",
    takesOrgId: true,
    body: Type.Object({
      project_id: Type.Optional(text),
      template_id: Type.Optional(Type.String({ description: "`tch_…`" })),
      steps,
      triggers,
      settings,
    }),
    status: 200,
    reply: dataOf(workflowSchema),
  }),
  listWorkflows: operation({
    id: "listWorkflows",
    method: "GET",
    path: "/workflows",
    summary: "List workflows",
    tag,
    access: "token",
    query: Type.Object({ ...pageParameters, project_id: Type.Optional(text) }),
    status: 200,
    reply: pageOf(Type.Object(summaryProperties)),
  }),
  getWorkflow: operation({
    id: "getWorkflow",
    method: "GET",
    path: "/workflows/:id",
    summary: "Get a workflow",
    tag,
    access: "token",
    params: workflowId,
    status: 200,
    reply: workflowSchema,
  }),
  updateWorkflow: operation({
    id: "updateWorkflow",
    method: "PUT",
    path: "/workflows/:id",
    summary: "Activate, deactivate or change a workflow",
    description:
      "Steps, triggers and settings make a new version; each replaces what there is, and what is absent stays. A step of a known " +
      "namespace without code keeps its component. Triggers keep their addresses. Runs in flight end on the version they began on.",
    tag,
    access: "token",
    params: workflowId,
    body: Type.Object({ active: Type.Optional(Type.Boolean()), steps, triggers, settings }),
    status: 200,
    reply: dataOf(workflowSchema),
  }),
  deleteWorkflow: operation({
    id: "deleteWorkflow",
    method: "DELETE",
    path: "/workflows/:id",
    summary: "Delete a workflow",
    description: "With its runs, its events, and the sources that were deployed with it.",
    tag,
    access: "token",
    params: workflowId,
    status: 204,
    reply: noContent,
  }),
  listWorkflowVersions: operation({
    id: "listWorkflowVersions",
    method: "GET",
    path: "/workflows/:id/versions",
    summary: "List the versions of a workflow",
    tag,
    access: "token",
    params: workflowId,
    query: Type.Object({ ...pageParameters }),
    status: 200,
    reply: pageOf(workflowVersionSchema),
  }),
  rollbackWorkflow: operation({
    id: "rollbackWorkflow",
    method: "POST",
    path: "/workflows/:id/rollback",
    summary: "Make an earlier version the one that runs",
    description: "With its steps, settings and triggers; endpoints and addresses of that version are the same as then.",
    tag,
    access: "token",
    params: workflowId,
    body: Type.Object({ deployment_id: Type.String({ description: "`d_…`" }) }),
    status: 200,
    reply: dataOf(workflowSchema),
  }),
};
