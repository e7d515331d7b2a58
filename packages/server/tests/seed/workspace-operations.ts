import { eventPage, summary, type SeedOperation } from "./example.ts";
import { pageInfo, source, webhook, workspace } from "./shapes.ts";

const userFields = { id: /^u_/, username: "string", email: "string" };
const quotas = {
  ...{ daily_compute_time_quota: "integer", daily_compute_time_used: "integer" },
  ...{ daily_invocations_quota: "integer", daily_invocations_used: "integer" },
};
const jedi = { raw_event: { name: /^Luke$/, title: /^Jedi$/ } };

/** Those of tokens, users, webhooks, workflows and workspaces. */
export const workspaceOperations: readonly SeedOperation[] = [
  {
    title: "Get a new access token",
    method: "POST",
    operationId: "createAccessToken",
    examples: [
      {
        path: "/oauth/token",
        body: { grant_type: "client_credentials", client_id: "{client_id}", client_secret: "{client_secret}" },
        // The scope is ours.
        reply: {
          ...{ access_token: /^eyJ/, token_type: /^Bearer$/, expires_in: /^3600$/, created_at: "integer" },
          scope: "string",
        },
        keep: { as: "access_token", at: ["access_token"] },
      },
    ],
  },
  {
    title: "Revoke an access token",
    method: "POST",
    operationId: "revokeAccessToken",
    examples: [
      {
        path: "/oauth/revoke",
        body: { token: "{access_token}", client_id: "{client_id}", client_secret: "{client_secret}" },
        reply: {},
      },
    ],
  },
  {
    title: "Get Current User Info",
    method: "GET",
    operationId: "getCurrentUser",
    examples: [
      { path: "/users/me", reply: { data: { ...userFields, ...quotas, orgs: [workspace] } } },
      {
        path: "/users/me",
        paid: true,
        reply: {
          data: {
            ...userFields,
            ...{ billing_period_start_ts: "integer", billing_period_end_ts: "integer" },
            billing_period_credits: "integer",
          },
        },
      },
    ],
  },
  {
    title: "Create a webhook",
    method: "POST",
    operationId: "createWebhook",
    examples: [
      {
        path: "/webhooks?url=https://endpoint.m.pipedream.net&name=name&description=description",
        // The key is ours.
        reply: { data: { ...webhook, signing_key: /^whsec_/ } },
        keep: { as: "webhook", at: ["data", "id"] },
      },
      { path: "/webhooks?url=example.com", status: 400 },
      { path: "/webhooks?url=mysql://user:pass@host:port", status: 400 },
    ],
  },
  {
    title: "List webhooks",
    method: "GET",
    operationId: "listMyWebhooks",
    examples: [{ path: "/users/me/webhooks", reply: { page_info: pageInfo, data: [webhook] } }],
  },
  {
    title: "Delete a webhook",
    method: "DELETE",
    operationId: "deleteWebhook",
    examples: [{ path: "/webhooks/{webhook}", status: 204 }],
  },
  {
    title: "Example Paginated Request",
    method: "GET",
    operationId: "listMySources",
    examples: [
      {
        path: "/users/me/sources?limit=3&after={cursor}&include=id",
        reply: { page_info: pageInfo, data: [{ id: /^dc_/ }] },
      },
    ],
  },
  {
    title: "Create a Workflow",
    method: "POST",
    operationId: "createWorkflow",
    examples: [
      {
        path: "/workflows",
        body: {
          ...{ project_id: "{project}", org_id: "{org}", template_id: "{template}" },
          steps: [
            { namespace: "code", props: { stringProp: "asdf" } },
            { namespace: "keyauth_hello_world", props: { keyauth: { authProvisionId: "{account}" } } },
          ],
          triggers: [{ props: { oauth: { authProvisionId: "{account}" }, string: "jkl" } }],
          settings: { name: "example workflow name", auto_deploy: true },
        },
        reply: "object",
        keep: { as: "made_workflow", at: ["data", "id"] },
      },
    ],
  },
  {
    title: "Update a Workflow",
    method: "PUT",
    operationId: "updateWorkflow",
    examples: [{ path: "/workflows/{made_workflow}", body: { active: false, org_id: "{org}" }, reply: "object" }],
  },
  {
    title: "Get a Workflow's details",
    method: "GET",
    operationId: "getWorkflow",
    examples: [
      {
        path: "/workflows/{workflow}?org_id={org}&include=triggers,steps",
        reply: "object",
      },
    ],
  },
  {
    title: "Get Workflow Emits",
    method: "GET",
    operationId: "listWorkflowEvents",
    examples: [
      {
        path: "/workflows/{workflow}/event_summaries?expand=event&limit=1",
        reply: { page_info: eventPage, data: [{ ...summary, event: jedi }] },
      },
    ],
  },
  {
    title: "Get Workflow Errors",
    method: "GET",
    operationId: "listWorkflowErrors",
    examples: [
      {
        path: "/workflows/{workflow}/$errors/event_summaries?expand=event&limit=1",
        reply: {
          page_info: eventPage,
          data: [{ ...summary, event: { error: "object", original_event: "object", original_context: "object" } }],
        },
      },
    ],
  },
  {
    title: "Get a Workspace",
    method: "GET",
    operationId: "getWorkspace",
    examples: [{ path: "/workspaces/{org}", reply: { data: workspace } }],
  },
  {
    title: "Get Workspaces's Connected Accounts",
    method: "GET",
    operationId: "listWorkspaceAccounts",
    examples: [
      {
        path: "/workspaces/{org}/accounts?query=keyauth",
        reply: { page_info: pageInfo, data: [{ id: /^apn_/, name: "string" }] },
      },
    ],
  },
  {
    title: "Get Workspaces's Sources",
    method: "GET",
    operationId: "listWorkspaceSources",
    examples: [{ path: "/orgs/{org}/sources", reply: { page_info: pageInfo, data: [source] } }],
  },
];
