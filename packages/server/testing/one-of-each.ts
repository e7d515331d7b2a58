import { operations, type Operation } from "@millrace/contract";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { TSchema } from "typebox";
import { addUser } from "./test-api.ts";
import type { TestServer } from "./test-server.ts";
import { SessionBrowser } from "./session-browser.ts";

/** Ids by kind, such as `workflow_id`. */
export type Ids = Readonly<Record<string, string>>;

/** Well-formed ids of nothing; their kinds are what belongs to a workspace. */
export const unknownIds: Ids = {
  workspace_id: "o_x",
  project_id: "proj_x",
  account_id: "apn_x",
  api_key_id: "ak_x",
  client_id: "unknown",
  data_store_id: "ds_x",
  oauth_app_id: "oa_x",
  import_id: "imp_x",
  run_id: "x".repeat(27),
  user_id: "u_x",
  invitation_id: "inv_x",
  webhook_id: "wh_x",
  source_id: "dc_x",
  component_id: "sc_x",
  workflow_id: "p_x",
  template_id: "tch_x",
};

/** Parts of a path that name something within what an id before them names. */
const WITHIN: Ids = { path: "a.txt", key: "k" };

// What a request must hold to be looked at beyond its form, where its schema does not say it all.
const FIELDS: Readonly<Record<string, unknown>> = {
  name: "x",
  url: "https://example.com",
  event: {},
  value: 1,
  email: "x@example.com",
  role: "viewer",
  definition: { name: "X", slug: "x_matrix", auth: { type: "none" } },
  source: `upload:${"2".repeat(64)}`,
};
const MORE_FIELDS: Readonly<Record<string, Record<string, unknown>>> = {
  redeliverWebhook: { since: 0 },
  replayWorkflowRuns: { since: "2026-01-01T00:00:00Z" },
  createComponent: { component_code: "export default { run() {} };" },
  createConnectLink: { app: "slack" },
};

/** One of each thing that a workspace may hold, in the first user's. */
export async function makeOneOfEach(server: TestServer): Promise<Ids> {
  const made = async (path: string, body: unknown): Promise<string> => {
    const reply = await server.call("POST", path, body);
    if (reply.status >= 300) throw new Error(`${path} answered ${reply.status}: ${JSON.stringify(reply.body)}`);
    return (reply.body as { data: { id: string } }).data.id;
  };
  const workspace = `/workspaces/${server.orgId}`;
  const component_id = await made("/components", { component_code: "export default { props: {}, run() {} };" });
  const workflow_id = await made("/workflows", {});
  const other = await addUser(server.db, { memberOf: { orgId: server.orgId, role: "member" }, ownsWorkspace: false });
  return {
    ...{ workflow_id, component_id, workspace_id: server.orgId, project_id: server.projectId, user_id: other.userId },
    template_id: await made("/templates", { workflow_id }),
    source_id: await made("/sources", { component_id, name: "matrix" }),
    account_id: await made("/accounts", { app: "slack", credentials: { token: "t" } }),
    api_key_id: await made(`${workspace}/api_keys`, { name: "k" }),
    client_id: await made(`${workspace}/oauth_clients`, { name: "c" }),
    invitation_id: await made(`${workspace}/invitations`, { email: "y@example.com", role: "viewer" }),
    webhook_id: await made("/webhooks", { url: "https://example.com" }),
    data_store_id: await made("/data_stores", { name: "d" }),
    oauth_app_id: await made("/oauth_apps", { app: "slack", client_id: "c", client_secret: "s" }),
    import_id: await made("/registry/imports", { source: `upload:${"1".repeat(64)}` }),
    run_id: await made(`/workflows/${workflow_id}/runs`, { event: {} }),
  };
}

/** The operations that an OpenAPI document describes, as the contract declares them. */
export async function describedOperations(url: string): Promise<Operation[]> {
  const reply = await fetch(`${url}/v1/openapi.json`);
  const { paths } = (await reply.json()) as { paths: Record<string, Record<string, { operationId: string }>> };
  const byId = new Map<string, Operation>(Object.entries(operations));
  return Object.values(paths)
    .flatMap((path) => Object.values(path))
    .map(({ operationId }) => {
      const declared = byId.get(operationId);
      if (!declared) throw new Error(`The document names an unknown operation: ${operationId}`);
      return declared;
    });
}

/** The kind of id at each place of a path: `:id` means what its collection holds. */
function kindsIn({ path }: Operation): string[] {
  const [, first = "", second] = path.split("/");
  const collection = first === "registry" && second === "imports" ? "import" : first.replace(/s$/, "");
  return [...path.matchAll(/:(\w+)/g)].map(([, name = ""]) => (name.startsWith("id") ? `${collection}_id` : name));
}

/** True when the path names something of a workspace. */
export function isScoped(operation: Operation): boolean {
  const [first, ...others] = kindsIn(operation);
  return first !== undefined && first in unknownIds && others.every((kind) => kind in unknownIds || kind in WITHIN);
}

/** The path of a request, its ids filled in. */
export function pathOf(operation: Operation, ids: Ids): string {
  const kinds = kindsIn(operation);
  const path = operation.path.replace(/:\w+/g, () => {
    const kind = kinds.shift() ?? "";
    return ids[kind] ?? WITHIN[kind] ?? "unknown";
  });
  const query = new URLSearchParams(Object.fromEntries((operation.query?.required ?? []).map((name) => [name, "x"])));
  return `/v1${path}${query.size > 0 ? `?${query.toString()}` : ""}`;
}

/** A body that holds what an operation requires. */
export function bodyOf({ id, body, openBody, takesFile }: Operation): unknown {
  if (takesFile) return "text";
  if (openBody) return { NAME: "x" };
  return body && { ...(sampleOf(body) as object), ...MORE_FIELDS[id] };
}

function sampleOf(schema: TSchema): unknown {
  const { properties, required, type, anyOf, items, minItems, minLength, minimum } = schema as {
    properties?: Record<string, TSchema>;
    required?: string[];
    type?: string;
    anyOf?: TSchema[];
    items?: TSchema;
    minItems?: number;
    minLength?: number;
    minimum?: number;
  };
  if ("const" in schema) return schema.const;
  if (anyOf?.[0]) return sampleOf(anyOf[0]);
  if (type === "array") return Array.from({ length: minItems ?? 0 }, () => sampleOf(items ?? {}));
  if (type === "string") return "x".repeat(minLength ?? 1);
  if (type === "integer" || type === "number") return minimum ?? 1;
  if (type === "boolean") return true;
  const names = required ?? [];
  return Object.fromEntries(names.map((name) => [name, FIELDS[name] ?? sampleOf(properties?.[name] ?? {})]));
}

export interface Sent {
  status: number;
  body: Record<string, unknown> | null;
}

/** Sends a request; only the first message of a stream would be waited for, so `path` names no stream that opens. */
export async function send(
  server: TestServer,
  request: { method: string; path: string; headers?: Record<string, string>; body?: unknown },
): Promise<Sent> {
  const { method, path, headers, body } = request;
  const hasBody = body !== undefined && method !== "GET";
  const response = await fetch(server.url + path, {
    method,
    headers: { ...(hasBody && { "content-type": "application/json" }), ...headers },
    redirect: "manual",
    ...(hasBody && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.startsWith("application/json") ?? false;
  return { status: response.status, body: isJson ? (JSON.parse(text) as Record<string, unknown>) : null };
}

/** A browser in which the first user, who owns the workspace, is logged in. */
export async function ownersBrowser(server: TestServer): Promise<SessionBrowser> {
  const text = await readFile(join(server.dataDir, "credentials.json"), "utf8");
  const { setup_url: setupUrl } = JSON.parse(text) as { setup_url: string };
  const browser = new SessionBrowser(server.url);
  const token = new URL(setupUrl).hash.slice(1);
  await browser.enter("/auth/setup", { token, email: "owner@example.com", password: "correct horse battery" });
  return browser;
}
