import { eventPage, summary, type SeedOperation } from "./example.ts";
import { account, app, component, pageInfo, source, subscription } from "./shapes.ts";
import { workspaceOperations } from "./workspace-operations.ts";

const FEED =
  "https://github.com/PipedreamHQ/pipedream/blob/master/components/rss/sources/new-item-in-feed/new-item-in-feed.js";
const sourceEvents = { page_info: eventPage, data: [{ ...summary, event: "object|string" }] };

/** Every operation of the primary source with its examples, in an order in which each finds what it needs. */
export const seedOperations: readonly SeedOperation[] = [
  {
    title: "List accounts",
    method: "GET",
    operationId: "listAccounts",
    examples: ["/accounts", "/accounts/"].map((path) => ({ path, reply: { page_info: pageInfo, data: [account] } })),
  },
  {
    title: "Get account",
    method: "GET",
    operationId: "getAccount",
    examples: [
      { path: "/accounts/{account}", reply: { data: account } },
      {
        path: "/accounts/{account}?include_credentials=true",
        reply: { data: { ...account, expires_at: "string|null", credentials: { api_key: "string" } } },
      },
    ],
  },
  {
    title: "List Apps",
    method: "GET",
    operationId: "listApps",
    examples: ["/apps", "/apps?q=Slack"].map((path) => ({ path, reply: { page_info: pageInfo, data: [app] } })),
  },
  {
    title: "Get an App",
    method: "GET",
    operationId: "getApp",
    examples: [
      { path: "/apps/app_OkrhR1?shape=seed", reply: { data: [app] } },
      { path: "/apps/slack", reply: { data: app } },
    ],
  },
  {
    title: "Create a component",
    method: "POST",
    operationId: "createComponent",
    examples: [{ path: "/components", body: { component_url: FEED }, reply: { data: component } }],
  },
  {
    title: "Get a component",
    method: "GET",
    operationId: "getComponent",
    examples: ["my-component", "{component}"].map((name) => ({
      path: `/components/${name}`,
      reply: { data: component },
    })),
  },
  {
    title: "Get a component from the global registry",
    method: "GET",
    operationId: "getRegistryComponent",
    examples: [{ path: "/components/registry/my-component", reply: { data: component } }],
  },
  {
    title: "Search for registry components",
    method: "GET",
    operationId: "searchComponents",
    examples: [
      {
        path: '/components/search?query="When a new Hubspot contact is added, send me an SMS"&limit=1',
        reply: { sources: [/^hubspot-new-contact$/], actions: [/^twilio-send-sms$/] },
      },
    ],
  },
  {
    title: "Create a Source",
    method: "POST",
    operationId: "createSource",
    examples: ["/sources", "/sources/"].map((path) => ({
      path,
      body: {
        component_url: FEED,
        name: "your-name-here",
        configured_props: { url: "https://rss.m.pipedream.net", timer: { intervalSeconds: 60 } },
      },
      reply: {
        data: { ...source, configured_props: { url: "string", timer: { cron: "null", interval_seconds: /^60$/ } } },
      },
      keep: { as: "made_source", at: ["data", "id"] },
    })),
  },
  {
    title: "Update a source",
    method: "PUT",
    operationId: "updateSource",
    examples: [
      { path: "/sources/{made_source}", body: { active: false, name: "renamed" }, reply: { data: source } },
      { path: "/sources/{made_source}", body: { component_url: FEED }, reply: { data: source } },
    ],
  },
  {
    title: "Get Source Events",
    method: "GET",
    operationId: "listSourceEvents",
    examples: ["", "?expand=event", "?limit=10"].map((query) => ({
      path: `/sources/{source}/event_summaries${query}`,
      reply: sourceEvents,
    })),
  },
  {
    title: "Listen for events from another source or workflow",
    method: "POST",
    operationId: "createSubscription",
    examples: ["{source}", "p_*", "dc_*"].map((emitter) => ({
      path: `/subscriptions?emitter_id=${emitter}&listener_id={workflow}${emitter === "{source}" ? "" : "&event_name=$errors"}`,
      reply: { data: subscription },
    })),
  },
  {
    title: "Get Workspaces's Subscriptions",
    method: "GET",
    operationId: "listWorkspaceSubscriptions",
    examples: [{ path: "/workspaces/{org}/subscriptions", reply: { page_info: pageInfo, data: [subscription] } }],
  },
  {
    title: "Automatically subscribe a listener to events from new workflows / sources",
    method: "POST",
    operationId: "createAutoSubscription",
    examples: ["$errors", "$logs"].map((name) => ({
      path: `/auto_subscriptions?event_name=${name}&listener_id={workflow}`,
      reply: { data: { id: "string", event_name: "string", listener_id: /^p_/ } },
    })),
  },
  {
    title: "Delete a subscription",
    method: "DELETE",
    operationId: "deleteSubscription",
    examples: [{ path: "/subscriptions?emitter_id={source}&listener_id={workflow}", status: 204 }],
  },
  {
    title: "Delete source events",
    method: "DELETE",
    operationId: "deleteSourceEvents",
    examples: ["?start_id={event}&end_id={event}", "?start_id={event}", "?end_id={event}", ""].map((query) => ({
      path: `/sources/{source}/events${query}`,
      status: 202,
      reply: {},
    })),
  },
  {
    title: "Delete a source",
    method: "DELETE",
    operationId: "deleteSource",
    examples: [{ path: "/sources/{made_source}", status: 204 }],
  },
  ...workspaceOperations,
];
