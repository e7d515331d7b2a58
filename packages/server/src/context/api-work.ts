import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { FastifyInstance } from "fastify";
import { allRoutes, buildApi } from "../api/index.ts";
import type { MailWork } from "./mail-work.ts";
import type { Base, Parts } from "./parts.ts";
import { versionOfMillrace } from "./version.ts";
import { metricsOf, systemOf } from "./watch-work.ts";
import { readinessOf } from "./readiness.ts";

const DASHBOARD = new URL("../../../web/dist/", import.meta.url);

/** The node's API and pages, ready to be asked. */
export async function buildApp(base: Base, parts: Parts & { mail: MailWork }): Promise<FastifyInstance> {
  const { identity, code, events, files, sources, definitions, workflows } = parts;
  const { summaries, streams } = events.work;
  const { accessTokens, accounts, apiKeys, apps, audit, oauthClients, projects, usage, users, workspaces } = identity;
  const { subscriptions, webhooks, webhookLog } = events;
  const { workspaceRemoval } = parts;
  const { cookies, invitations, logins, members, oidc, passwordLinks, sessions, signUps } = identity;
  const { connections, keyRetirement, oauthApps, requestSigner } = identity;
  const version = await versionOfMillrace();
  const services = {
    system: systemOf(base, parts, version),
    ...{ connections, keyRetirement, oauthApps, requestSigner },
    ...{ cookies, invitations, logins, members, oidc, passwordLinks, sessions, signUps, workspaceRemoval },
    ...{ accessTokens, accounts, apiKeys, apps, audit, oauthClients, projects, usage, users, workspaces },
    ...{ components: code.components, sources: sources.sources },
    ...{ imports: parts.registry.imports, componentSearch: parts.registry.componentSearch },
    ...{
      dataStores: workflows.dataStores,
      fileStores: files.stores,
      runs: workflows.runs,
      stepTests: workflows.stepTests,
    },
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
      version,
      metrics: metricsOf(base, parts, version),
      publicUrl: base.publicUrl,
      dashboardDir: existsSync(new URL("index.html", DASHBOARD)) ? fileURLToPath(DASHBOARD) : null,
      jwks: () => accessTokens.jwks(),
      readiness: readinessOf({ db: base.db, log: events.work.log, code, roles: base.config.roles, mail: parts.mail }),
    },
  });
  await app.ready();
  return app;
}
