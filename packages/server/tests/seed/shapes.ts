import type { Shape } from "../../testing/index.ts";

// What the primary source prints of each thing, field by field. Fields that it does not print are listed as ours.

export const cursor = /^[A-Za-z0-9_-]+$/;
export const eventId = /^\d{13}-\d+$/;
export const pageInfo = { total_count: "integer", count: "integer", start_cursor: cursor, end_cursor: cursor };
const ours = {
  component: { key: "string|null", description: "string|null", type: "string" },
  source: { owner_id: /^o_/ },
};
export const component = {
  id: /^sc_/,
  code: "string",
  code_hash: /^[0-9a-f]{64}$/,
  name: "string",
  version: "string",
  configurable_props: "array",
  created_at: "integer",
  updated_at: "integer",
  ...ours.component,
};
export const source = {
  id: /^dc_/,
  user_id: /^u_/,
  component_id: /^sc_/,
  configured_props: "object",
  active: "boolean",
  created_at: "integer",
  updated_at: "integer",
  name: "string",
  name_slug: "string",
  ...ours.source,
};
export const webhook = {
  id: /^wh_/,
  user_id: /^u_/,
  name: "string|null",
  description: "string|null",
  url: "string",
  active: "boolean",
  created_at: "integer",
  updated_at: "integer",
};
export const subscription = { id: /^sub_/, emitter_id: "string", listener_id: "string", event_name: "string" };

const isoTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
export const account = {
  id: /^apn_/,
  created_at: isoTime,
  updated_at: isoTime,
  name: "string",
  app: { id: /^app_/, name: "string" },
  healthy: "boolean",
};
export const workspace = {
  id: /^o_/,
  orgname: "string",
  name: "string",
  email: "string",
  daily_credits_quota: "integer",
  daily_credits_used: "integer",
};

export const app = {
  id: /^app_/,
  name_slug: "string",
  name: "string",
  auth_type: /^(oauth|keys|none)$/,
  description: "string",
  img_src: "string",
  custom_fields_json: /^\[/,
  categories: ["string"],
};

export const times = { created_at: "integer", updated_at: "integer" };
export const cell = {
  id: /^c_\w{7,}$/,
  type: /^CodeCell$/,
  namespace: "string",
  disabled: "boolean",
  code_raw: "null",
  codeRaw: "null",
  codeConfigJson: "null",
  lang: /^(nodejs20\.x|python3\.12|nodejs24\.x)$/,
  text_raw: "null",
  appConnections: ["any"],
  flat_params_visibility_json: "null",
  params_json: /^\{\}$/,
  component: "boolean",
  savedComponent: {
    id: /^sc_/,
    code: "string",
    codeHash: /^[0-9a-f]{64}$/,
    configurableProps: ["object"],
    key: "string|null",
    description: "string|null",
    entryPath: "null",
    version: "string",
    apps: [{ appId: /^app_/, nameSlug: "string", authType: "string" }],
  },
  component_key: "string|null",
  component_owner_id: "string|null",
  configured_props_json: "string|null",
  authProvisionIdMap: {},
  authProvisionIds: ["string"],
} satisfies Shape;
export const httpTrigger = { id: /^hi_/, key: /^e/, endpoint_url: /^http/, custom_response: "boolean", ...times };
export const workflowSource = {
  id: /^dc_/,
  owner_id: /^o_/,
  component_id: /^sc_/,
  configured_props: "object",
  active: "boolean",
  ...times,
  name: "string",
  name_slug: "string",
};
export const timerTrigger = {
  ...{ id: /^ti_/, interval_seconds: "integer|null", cron: "string|null", timezone: "string" },
  ...{ schedule_changed_at: "integer", ...times },
};
export const emailTrigger = { id: /^ei_/, email_address: /^\w+@localhost$/, ...times };
