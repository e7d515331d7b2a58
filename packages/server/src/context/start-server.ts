import { fileURLToPath } from "node:url";
import { HttpFront, type IngestPort } from "../api/index.ts";
import { assertRestored } from "../backup/index.ts";
import { instanceKeyOf, loadNodeName, loadSecretKey, prepareDataDir, type Config } from "../config/index.ts";
import { StartupError } from "../core/index.ts";
import { DataDirLock, NodeRegistration, type Database } from "../db/index.ts";
import { Egress } from "../egress/index.ts";
import { seedExamples } from "../registry/index.ts";
import { buildApp } from "./api-work.ts";
import { startHousekeeping } from "./chores.ts";
import { buildCodeWork, startSandboxes, type SandboxesOptions } from "./code-work.ts";
import { buildDefinitionWork } from "./definition-work.ts";
import { buildEventWork } from "./event-work.ts";
import { buildFileWork } from "./file-work.ts";
import { buildIdentity } from "./identity.ts";
import { loginNotices, loginSettingsOf } from "./login-work.ts";
import { createLogger } from "./logger.ts";
import { MailWork } from "./mail-work.ts";
import type { Base, Parts, ServerOverrides } from "./parts.ts";
import { buildRegistryWork } from "./registry-work.ts";
import { assertTierServes, soleWorkspaceReason } from "./sandbox-rule.ts";
import { buildSourceWork } from "./source-work.ts";
import { openStorage } from "./storage.ts";
import { observerOf } from "./trace-work.ts";
import { versionOfMillrace } from "./version.ts";
import { buildWorkspaceRemoval } from "./workspace-take-down.ts";
import { WorkCounts } from "../telemetry/index.ts";
import { buildWorkflowWork } from "./workflow-work.ts";

export interface RunningServer {
  readonly url: string;
  readonly db: Database;
  /** What whoever started it should read. */
  readonly notices: readonly string[];
  /** Drains within 10 seconds. */
  stop(): Promise<void>;
}

const EXAMPLES = new URL("../../../../examples/", import.meta.url);
const FRONT_GRACE_MS = 2_000;

/**
 * Starts a node: the front first, so that callers get 503 instead of a refused connection, then storage, sandboxes and
 * the roles. What was started is stopped again when a later part fails.
 * @throws StartupError with one readable sentence
 */
export async function startServer(config: Config, overrides: ServerOverrides): Promise<RunningServer> {
  prepareDataDir(config.dataDir);
  assertRestored(config.dataDir);
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
  const counts = new WorkCounts();
  const { db, sandboxes } = await startFoundation({ log, config, publicUrl, npmSettings, counts }, stack);
  const base = { config, overrides, log, db, sandboxes, secretKey, publicUrl, counts };
  const parts = await buildParts(base, stack);
  const mail = new MailWork({ ...base, ...parts });
  const app = await buildApp(base, { ...parts, mail });
  stack.defer(() => app.close());
  await startParts(base, parts, stack);
  await mail.start();
  stack.defer(() => mail.stop());
  // Last in, first out: no request arrives any more when the parts behind it stop.
  stack.defer(() => front.close(FRONT_GRACE_MS));
  front.open({
    ...(config.roles.includes("ingest") && { ingest: ingestOf(parts) }),
    api: app.routing,
    observer: counts,
  });
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
  const { config, overrides, log, db, sandboxes, secretKey, publicUrl, counts } = base;
  const rules = { allow: config.egressAllow, publicUrl };
  const egress = new Egress({ rules, onEnded: (outcome) => counts.egress.add(outcome) });
  stack.defer(() => egress.stop());
  const identity = await buildIdentity({
    ...{ db, log, secretKey, egress, publicUrl, logins: loginSettingsOf(config, stack) },
    ...{ dataDir: config.dataDir, catalogueDir: config.catalogueDir, oauthClientsFile: config.oauthClientsFile },
    ...{ dailyCreditsQuota: config.limits.dailyCreditsQuota },
    formerSecretKeys: config.formerSecretKeys.map(instanceKeyOf),
    soleWorkspaceReason: soleWorkspaceReason(sandboxes, config),
  });
  const { webhookRetryPolicy } = overrides;
  const code = buildCodeWork(sandboxes, { db, log, egress, githubRawUrl: config.githubRawUrl });
  await assertTierServes({ workspaces: identity.workspaces, config, sandboxes, log });
  const node = await NodeRegistration.register({
    ...{ db, nodeName: loadNodeName(config), roles: config.roles },
    info: { version: await versionOfMillrace(), sandbox_tier: sandboxes.runner.tier.tier },
  });
  stack.defer(() => node.stop());
  const events = buildEventWork({
    ...{ db, log, node, config, vault: identity.vault, egress, webhookRetryPolicy },
    observer: await observerOf(base, stack),
  });
  const files = buildFileWork({ db, log, config, publicUrl, secretKey });
  const sources = buildSourceWork({ db, log, config, node, publicUrl, secretKey, identity, events, code, files });
  const definitions = buildDefinitionWork({ db, log, config, publicUrl, identity, code, events, sources });
  const work = { db, log, config, publicUrl, secretKey, egress, identity, code, events, files, sources, definitions };
  const working = { ...definitions, sources: sources.sources, webhooks: events.webhooks, files: files.stores };
  const workspaceRemoval = buildWorkspaceRemoval({ db, log, identity, parts: working });
  const workflows = buildWorkflowWork(work);
  const registry = buildRegistryWork({ db, log, config, node, sandboxes, apps: identity.apps });
  return { node, identity, code, events, files, registry, sources, definitions, workflows, workspaceRemoval };
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
  registry.componentSearch.start({ isAhead: config.roles.includes("api") });
  stack.defer(() => registry.componentSearch.stop());
  if (!config.roles.includes("worker")) return;
  registry.imports.start();
  stack.defer(() => registry.imports.stop());
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
