import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { FastifyInstance } from "fastify";
import type { NpmSettings } from "@millrace/runner";
import type { Logger } from "pino";
import type { WorkspaceRemoval } from "../accounts/members/index.ts";
import { allRoutes, buildApi, HttpFront, type IngestPort } from "../api/index.ts";
import { instanceKeyOf, loadNodeName, loadSecretKey, prepareDataDir, type Config } from "../config/index.ts";
import { StartupError, type RetryPolicy } from "../core/index.ts";
import { Housekeeping, storageChores } from "../daemon/index.ts";
import { DataDirLock, NodeRegistration, type Database } from "../db/index.ts";
import { Egress } from "../egress/index.ts";
import { seedExamples } from "../registry/index.ts";
import { buildCodeWork, startSandboxes, type CodeWork, type Sandboxes, type SandboxesOptions } from "./code-work.ts";
import { buildDefinitionWork, type DefinitionWork } from "./definition-work.ts";
import { buildEventWork, type EventWork } from "./event-work.ts";
import { buildFileWork, type FileWork } from "./file-work.ts";
import { buildIdentity, type Identity } from "./identity.ts";
import { loginNotices, loginSettingsOf } from "./login-work.ts";
import { createLogger } from "./logger.ts";
import { MailWork } from "./mail-work.ts";
import { readinessOf } from "./readiness.ts";
import { buildRegistryWork, type RegistryWork } from "./registry-work.ts";
import { assertTierServes } from "./sandbox-rule.ts";
import { buildSourceWork, type SourceWork } from "./source-work.ts";
import { openStorage } from "./storage.ts";
import { buildWorkspaceRemoval } from "./workspace-take-down.ts";
import { buildWorkflowWork, type WorkflowWork } from "./workflow-work.ts";

export interface ServerOverrides {
  npmSettings: NpmSettings;
  log?: Logger;
  webhookRetryPolicy?: RetryPolicy;
  /** A reply that does not fit its schema fails the request; for tests. */
  strictReplies?: boolean;
}

export interface RunningServer {
  readonly url: string;
  readonly db: Database;
  /** What whoever started it should read. */
  readonly notices: readonly string[];
  /** Drains within 10 seconds. */
  stop(): Promise<void>;
}

const EXAMPLES = new URL("../../../../examples/", import.meta.url);
const DASHBOARD = new URL("../../../web/dist/", import.meta.url);
const PACKAGE = new URL("../../package.json", import.meta.url);
const FRONT_GRACE_MS = 2_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * 3_600_000;

interface Base {
  readonly config: Config;
  readonly overrides: ServerOverrides;
  readonly log: Logger;
  readonly db: Database;
  readonly sandboxes: Sandboxes;
  readonly secretKey: Buffer;
  readonly publicUrl: string;
}

interface Parts {
  readonly identity: Identity;
  readonly code: CodeWork;
  readonly events: EventWork;
  readonly files: FileWork;
  readonly registry: RegistryWork;
  readonly sources: SourceWork;
  readonly definitions: DefinitionWork;
  readonly workflows: WorkflowWork;
  readonly workspaceRemoval: WorkspaceRemoval;
}

/**
 * Starts a node: the front first, so that callers get 503 instead of a refused connection, then storage, sandboxes and
 * the roles. What was started is stopped again when a later part fails.
 * @throws StartupError with one readable sentence
 */
export async function startServer(config: Config, overrides: ServerOverrides): Promise<RunningServer> {
  prepareDataDir(config.dataDir);
  const secretKey = loadSecretKey(config).key;
  const log = overrides.log ?? createLogger({ level: config.logLevel });
  for (const warning of config.warnings) log.warn(warning);
  await using stack = new AsyncDisposableStack();
  const lock = DataDirLock.acquire(config.dataDir);
  stack.defer(() => lock.release());
  const front = new HttpFront();
  const port = await listen(front, config);
  const publicUrl = config.publicUrl ?? `http://localhost:${port}`;
  stack.defer(() => front.close(FRONT_GRACE_MS));
  const { npmSettings } = overrides;
  const { db, sandboxes } = await startFoundation({ log, config, publicUrl, npmSettings }, stack);
  const base = { config, overrides, log, db, sandboxes, secretKey, publicUrl };
  const parts = await buildParts(base, stack);
  const mail = new MailWork({ ...base, ...parts });
  const app = await buildApp(base, { ...parts, mail });
  stack.defer(() => app.close());
  await startParts(base, parts, stack);
  await mail.start();
  stack.defer(() => mail.stop());
  // Last in, first out: no request arrives any more when the parts behind it stop.
  stack.defer(() => front.close(FRONT_GRACE_MS));
  front.open({ ...(config.roles.includes("ingest") && { ingest: ingestOf(parts) }), api: app.routing });
  const notices = await loginNotices(parts.identity.passwordLinks, config.access.resetPasswordOf);
  const running = stack.move();
  return { url: publicUrl, db, notices, stop: () => running.disposeAsync() };
}

/** Storage and sandboxes know nothing of each other, so they start side by side. */
async function startFoundation(options: SandboxesOptions, stack: AsyncDisposableStack) {
  const [storage, sandboxes] = await Promise.allSettled([
    openStorage(options.config, options.log),
    startSandboxes(options),
  ]);
  if (storage.status === "fulfilled") stack.defer(() => storage.value.stop());
  if (sandboxes.status === "fulfilled") stack.defer(() => sandboxes.value.stop());
  if (storage.status === "rejected") throw storage.reason;
  if (sandboxes.status === "rejected") throw sandboxes.reason;
  return { db: storage.value.db, sandboxes: sandboxes.value };
}

function ingestOf({ sources, workflows }: Parts): IngestPort {
  return {
    tryHandle: (request, response) =>
      sources.http.tryHandle(request, response) || workflows.urlCalls.tryHandle(request, response),
  };
}

async function listen(front: HttpFront, { host, port }: Config): Promise<number> {
  try {
    return await front.listen({ host, port });
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : "";
    const reason = code === "EADDRINUSE" ? "is taken by another program" : `cannot be listened on (${String(code)})`;
    throw new StartupError("port_taken", `MILLRACE_PORT: ${host}:${port} ${reason}; choose another port`, {
      cause: error,
    });
  }
}

async function buildParts(base: Base, stack: AsyncDisposableStack): Promise<Parts> {
  const { config, overrides, log, db, sandboxes, secretKey, publicUrl } = base;
  const egress = new Egress({ rules: { allow: config.egressAllow, publicUrl } });
  stack.defer(() => egress.stop());
  const identity = await buildIdentity({
    ...{ db, log, secretKey, egress, publicUrl, logins: loginSettingsOf(config, stack) },
    ...{ dataDir: config.dataDir, catalogueDir: config.catalogueDir, oauthClientsFile: config.oauthClientsFile },
    formerSecretKeys: config.formerSecretKeys.map(instanceKeyOf),
  });
  const { webhookRetryPolicy } = overrides;
  const code = buildCodeWork(sandboxes, { db, log, egress, githubRawUrl: config.githubRawUrl });
  await assertTierServes({ workspaces: identity.workspaces, config, code, log });
  const node = await NodeRegistration.register({ db, nodeName: loadNodeName(config), roles: config.roles });
  stack.defer(() => node.stop());
  const events = buildEventWork({ db, log, node, config, vault: identity.vault, egress, webhookRetryPolicy });
  const files = buildFileWork({ db, log, config, publicUrl, secretKey });
  const sources = buildSourceWork({ db, log, config, node, publicUrl, secretKey, identity, events, code, files });
  const definitions = buildDefinitionWork({ db, log, config, publicUrl, identity, code, events, sources });
  const work = { db, log, config, publicUrl, secretKey, egress, identity, code, events, files, sources, definitions };
  const working = { ...definitions, sources: sources.sources, webhooks: events.webhooks, files: files.stores };
  const workspaceRemoval = buildWorkspaceRemoval({ db, log, identity, parts: working });
  const workflows = buildWorkflowWork(work);
  const registry = buildRegistryWork({ db, log, config, node, sandboxes, apps: identity.apps });
  return { identity, code, events, files, registry, sources, definitions, workflows, workspaceRemoval };
}

async function buildApp(base: Base, parts: Parts & { mail: MailWork }): Promise<FastifyInstance> {
  const { identity, code, events, files, sources, definitions, workflows } = parts;
  const { summaries, streams } = events.work;
  const { accessTokens, accounts, apiKeys, apps, audit, oauthClients, projects, usage, users, workspaces } = identity;
  const { subscriptions, webhooks, webhookLog } = events;
  const { workspaceRemoval } = parts;
  const { cookies, invitations, logins, members, oidc, passwordLinks, sessions, signUps } = identity;
  const { connections, keyRetirement, oauthApps, requestSigner } = identity;
  const services = {
    ...{ connections, keyRetirement, oauthApps, requestSigner },
    ...{ cookies, invitations, logins, members, oidc, passwordLinks, sessions, signUps, workspaceRemoval },
    ...{ accessTokens, accounts, apiKeys, apps, audit, oauthClients, projects, usage, users, workspaces },
    ...{ components: code.components, sources: sources.sources },
    ...{ imports: parts.registry.imports, componentSearch: parts.registry.componentSearch },
    ...{ dataStores: workflows.dataStores, fileStores: files.stores, runs: workflows.runs },
    ...{ subscriptions, webhooks, webhookLog, summaries, streams },
    ...definitions,
  };
  const app = buildApi({
    log: base.log,
    routes: base.config.roles.includes("api") ? allRoutes(services) : [],
    connections: base.config.roles.includes("api") ? identity.connections : null,
    authenticate: identity.authenticate,
    ...{ audit, cookies, sessions, trustedProxies: base.config.access.trustedProxies },
    bodyLimitBytes: base.config.limits.httpBodyBytes,
    idempotency: identity.idempotency,
    strictReplies: base.overrides.strictReplies ?? false,
    meta: {
      version: await versionOfMillrace(),
      publicUrl: base.publicUrl,
      dashboardDir: existsSync(new URL("index.html", DASHBOARD)) ? fileURLToPath(DASHBOARD) : null,
      jwks: () => accessTokens.jwks(),
      readiness: readinessOf({ db: base.db, log: events.work.log, code, roles: base.config.roles, mail: parts.mail }),
    },
  });
  await app.ready();
  return app;
}

async function startParts(base: Base, parts: Parts, stack: AsyncDisposableStack): Promise<void> {
  const { identity, events, sources, workflows } = parts;
  const { roles } = base.config;
  startCaches(parts, stack);
  identity.apiKeys.start();
  stack.defer(() => identity.apiKeys.stop());
  identity.refresher.start();
  stack.defer(() => identity.refresher.stop());
  await identity.accessTokens.start();
  stack.defer(() => identity.accessTokens.stop());
  workflows.engine.start();
  stack.defer(() => workflows.stop());
  await events.work.start();
  stack.defer(() => events.work.stop());
  sources.sources.start();
  stack.defer(() => sources.sources.stop());
  await sources.sources.recover();
  if (roles.includes("scheduler")) {
    await sources.timers.start();
    stack.defer(() => sources.timers.stop());
  }
  startRegistry(base, parts, stack);
  startHousekeeping(base, parts, stack);
  if (roles.includes("api")) await publishExamples(base, parts);
}

function startCaches({ identity, events, sources, definitions }: Parts, stack: AsyncDisposableStack): void {
  const { workflows, envVars } = definitions;
  const caches = [identity.idempotency, events.webhookCache, sources.endpoints, sources.responders];
  for (const part of [...caches, workflows, envVars]) {
    part.start();
    stack.defer(() => part.stop());
  }
}

function startRegistry({ config }: Base, { registry }: Parts, stack: AsyncDisposableStack): void {
  registry.componentSearch.start();
  stack.defer(() => registry.componentSearch.stop());
  if (!config.roles.includes("worker")) return;
  registry.imports.start();
  stack.defer(() => registry.imports.stop());
}

function startHousekeeping(
  { db, config, log }: Base,
  { identity, code, registry, workflows, workspaceRemoval }: Parts,
  stack: AsyncDisposableStack,
): void {
  const unusedPackages = {
    name: "unused dependency sets",
    everyMs: DAY_MS,
    run: (nowMs: number) => code.components.collectGarbage(nowMs),
  };
  const accounts = [
    { name: "connect links", everyMs: HOUR_MS, run: (nowMs: number) => identity.connections.links.prune(nowMs) },
    { name: "retired vault keys", everyMs: HOUR_MS, run: () => identity.keyRetirement.tick() },
  ];
  const signingKeys = {
    name: "signing keys",
    everyMs: HOUR_MS,
    run: (nowMs: number) => identity.accessTokens.keepUp(nowMs),
  };
  const { auditRetentionMs } = config.access;
  const access = [
    ...identity.loginChores,
    { name: "audit log", everyMs: DAY_MS, run: (nowMs: number) => identity.audit.prune(nowMs - auditRetentionMs) },
    { name: "deleted workspaces", everyMs: 60_000, run: (nowMs: number) => workspaceRemoval.resume(nowMs) },
  ];
  const stored = storageChores({ db, retentionMs: config.limits.retentionMs });
  const housekeeping = new Housekeeping({
    chores: [...stored, unusedPackages, signingKeys, ...accounts, ...access, ...workflows.chores, ...registry.chores],
    onError: ({ name, error }) => log.warn({ err: error, chore: name }, "a chore failed; it is tried again"),
  });
  housekeeping.start();
  stack.defer(() => housekeeping.stop());
}

/** The instance's registry begins with our own examples, in the name of the first workspace. */
async function publishExamples({ db, log }: Base, { code, identity }: Parts): Promise<void> {
  const [orgId] = await identity.workspaces.listInstanceWide({ limit: 1 });
  if (orgId === undefined) return;
  const dir = fileURLToPath(EXAMPLES);
  await seedExamples({ db, components: code.components }, { dir, orgId }).catch((error: unknown) => {
    log.warn({ err: error }, "publishing the examples failed; the next start tries again");
  });
}

async function versionOfMillrace(): Promise<string> {
  const content: unknown = JSON.parse(await readFile(PACKAGE, "utf8"));
  const isKnown = typeof content === "object" && content !== null && "version" in content;
  return isKnown ? String(content.version) : "unknown";
}
