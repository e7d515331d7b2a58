import { randomBytes } from "node:crypto";
import { Writable } from "node:stream";
import { pino } from "pino";
import { ApiKeys, ensureFirstUser, type FirstCredentials } from "../src/accounts/index.ts";
import { WorkspaceRemoval } from "../src/accounts/members/index.ts";
import { allRoutes, buildApi, HttpFront, type ApiServices, type Readiness, type Route } from "../src/api/index.ts";
import { accountRoutes } from "../src/api/routes/accounts/index.ts";
import { apiKeyRoutes } from "../src/api/routes/api_keys/index.ts";
import { appRoutes } from "../src/api/routes/apps/index.ts";
import { oauthAppRoutes } from "../src/api/routes/oauth_apps/index.ts";
import { oauthRoutes } from "../src/api/routes/oauth/index.ts";
import { oauthClientRoutes } from "../src/api/routes/oauth_clients/index.ts";
import { invitationRoutes } from "../src/api/routes/invitations/index.ts";
import { loginRoutes } from "../src/api/routes/logins/index.ts";
import { memberRoutes } from "../src/api/routes/members/index.ts";
import { sessionRoutes } from "../src/api/routes/sessions/index.ts";
import { projectRoutes } from "../src/api/routes/projects/index.ts";
import { userRoutes } from "../src/api/routes/users/index.ts";
import { workspaceRoutes } from "../src/api/routes/workspaces/index.ts";
import { identityServices } from "../src/context/index.ts";
import { newId } from "../src/core/index.ts";
import { AccountUses } from "../src/workflows/index.ts";
import { Egress } from "../src/egress/index.ts";
import type { Database } from "../src/db/index.ts";
import { testDatabase, type TestDatabase } from "./test-database.ts";

export interface TestApiOptions {
  /**
   * More routes, beside those of users, workspaces, projects, keys, apps and accounts. `all`: those of every operation,
   * of which the others fail when called.
   */
  routes?: Route[] | "all";
  /** One that its owner disposes of, so that services for `routes` can be built on it. */
  database?: TestDatabase;
  readiness?: () => Promise<Readiness>;
  plan?: "free" | "paid";
  /** How people come to it: by invitation, without a provider and without mail when absent. */
  logins?: Parameters<typeof identityServices>[0]["logins"];
  /** What links and cookies go by; the address that it listens at when absent. */
  publicUrl?: string;
  /** CIDRs. */
  trustedProxies?: readonly string[];
  /** Another node on the same database, with the same secret key. */
  besides?: TestApi;
}

export interface CallOptions {
  body?: unknown;
  headers?: Record<string, string>;
  /** Null: no token; absent: the first user's. */
  token?: string | null;
}

export interface TestReply {
  status: number;
  headers: Headers;
  /** Parsed JSON; null for an empty body. */
  body: unknown;
}

export interface TestApi extends AsyncDisposable {
  url: string;
  db: Database;
  secretKey: Uint8Array;
  credentials: FirstCredentials;
  services: TestApiServices;
  /** All log lines so far. */
  log(): string;
  call(method: string, path: string, options?: CallOptions): Promise<TestReply>;
}

type TestApiServices = ReturnType<typeof identityServices> & Pick<ApiServices, "accountUses" | "workspaceRemoval">;

/** The services of identity; there is nothing to take down in their workspaces. */
function servicesOf(options: Parameters<typeof identityServices>[0]): TestApiServices {
  const services = identityServices(options);
  const { db, onError } = options;
  const revokeClients = (orgId: string): Promise<void> => services.oauthClients.deleteAll(orgId);
  const ports = { cache: services.principals, revokeClients, takeDown: async () => {} };
  return {
    ...services,
    workspaceRemoval: new WorkspaceRemoval({ db, onError, ...ports }),
    accountUses: new AccountUses({ db }),
  };
}

async function databaseOf({ besides, database }: TestApiOptions) {
  const given = besides?.db ?? database?.db;
  if (given) return { db: given, ownDatabase: null };
  const ownDatabase = await testDatabase();
  return { db: ownDatabase.db, ownDatabase };
}

/** The API alone, without sources and runners: its conventions and the operations of identity and accounts. */
export async function startTestApi(options: TestApiOptions = {}): Promise<TestApi> {
  const { db, ownDatabase } = await databaseOf(options);
  const secretKey = options.besides?.secretKey ?? randomBytes(32);
  const onError = (error: unknown): void => {
    throw error;
  };
  const front = new HttpFront();
  const url = `http://127.0.0.1:${await front.listen({ host: "127.0.0.1", port: 0 })}`;
  const egress = new Egress({ rules: { allow: ["127.0.0.0/8"], publicUrl: url } });
  const services = servicesOf({
    egress,
    ...{ db, secretKey, publicUrl: options.publicUrl ?? url, plan: options.plan ?? "free", onError },
    logins: options.logins,
  });
  services.apiKeys.start();
  await services.accessTokens.start();
  const credentials = options.besides?.credentials ?? (await ensureFirstUser(db, { keep: async () => {} }));
  if (!credentials) throw new Error("the test database had a user already");
  const log = logMemory();
  const routes = routesOf(services, options.routes ?? []);
  const app = buildApi({
    log: pino({ level: "info" }, log.stream),
    routes,
    connections: services.connections,
    authenticate: services.authenticate,
    ...{ audit: services.audit, cookies: services.cookies, sessions: services.sessions },
    trustedProxies: options.trustedProxies ?? [],
    bodyLimitBytes: 1_000_000,
    idempotency: services.idempotency,
    strictReplies: true,
    meta: {
      dashboardDir: null,
      version: "0.0.0",
      publicUrl: url,
      jwks: () => services.accessTokens.jwks(),
      metrics: { token: null, contentType: "text/plain", render: async () => "" },
      readiness: options.readiness ?? (async () => ({ ready: true, checks: {} })),
    },
  });
  await app.ready();
  front.open({ api: app.routing });
  return {
    url,
    db,
    secretKey,
    credentials,
    services,
    log: log.text,
    call: (method, path, call) => callApi({ url, token: credentials.api_key, method, path, ...call }),
    async [Symbol.asyncDispose]() {
      await front.close(100);
      await app.close();
      await services.refresher.stop();
      await egress.stop();
      await services.apiKeys.stop();
      await services.accessTokens.stop();
      await ownDatabase?.[Symbol.asyncDispose]();
    },
  };
}

function identityRoutes(services: TestApiServices): Route[] {
  return [
    ...accountRoutes(services),
    ...apiKeyRoutes(services),
    ...appRoutes(services),
    ...oauthAppRoutes(services),
    ...oauthRoutes(services),
    ...oauthClientRoutes(services),
    ...projectRoutes(services),
    ...invitationRoutes(services),
    ...loginRoutes(services),
    ...memberRoutes(services),
    ...sessionRoutes(services),
    ...userRoutes(services),
    ...workspaceRoutes(services),
  ];
}

function routesOf(services: TestApiServices, more: Route[] | "all"): Route[] {
  const own = identityRoutes(services);
  if (more !== "all") return [...own, ...more];
  const ids = new Set(own.map((route) => route.operation.id));
  return [...own, ...allRoutes({} as ApiServices).filter((route) => !ids.has(route.operation.id))];
}

function logMemory() {
  const lines: string[] = [];
  const stream = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk));
      done();
    },
  });
  return { stream, text: () => lines.join("") };
}

interface ApiCall extends CallOptions {
  url: string;
  method: string;
  path: string;
}

async function callApi({ url, method, path, token, body, headers }: ApiCall): Promise<TestReply> {
  const response = await fetch(url + path, {
    method,
    headers: {
      ...(token !== null && token !== undefined && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { "content-type": "application/json" }),
      ...headers,
    },
    ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.startsWith("application/json") ?? false;
  const parsed: unknown = text === "" ? null : isJson ? JSON.parse(text) : text;
  return { status: response.status, headers: response.headers, body: parsed };
}

/** A second person with a workspace of its own and a key; also a member elsewhere when `memberOf` says so. */
export async function addUser(
  db: Database,
  options: {
    memberOf?: { orgId: string; role: "owner" | "admin" | "member" | "viewer" };
    ownsWorkspace?: boolean;
  } = {},
): Promise<{ userId: string; orgId: string | null; apiKey: string }> {
  const created_at_ms = Date.now();
  const user_id = newId("user");
  const email = `${user_id}@example.com`;
  await db.kysely.insertInto("users").values({ user_id, username: user_id, email, created_at_ms }).execute();
  const orgId = options.ownsWorkspace === false ? null : newId("workspace");
  if (orgId !== null) {
    const workspace = { org_id: orgId, orgname: orgId, name: "Other", email, created_at_ms };
    await db.kysely.insertInto("workspaces").values(workspace).execute();
    await db.kysely
      .insertInto("memberships")
      .values({ org_id: orgId, user_id, role: "owner", created_at_ms })
      .execute();
  }
  if (options.memberOf) {
    const membership = { org_id: options.memberOf.orgId, user_id, role: options.memberOf.role, created_at_ms };
    await db.kysely.insertInto("memberships").values(membership).execute();
  }
  const apiKeys = new ApiKeys({ db, onError: () => {} });
  const { key } = await apiKeys.create({ userId: user_id, orgId: null, name: "test" });
  return { userId: user_id, orgId, apiKey: key };
}
