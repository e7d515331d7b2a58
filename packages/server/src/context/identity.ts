import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Logger } from "pino";
import {
  AccessTokens,
  ApiKeys,
  Apps,
  AuditLog,
  ensureFirstUser,
  IdempotencyStore,
  OauthClients,
  PrincipalCache,
  Projects,
  readInstanceClients,
  Usage,
  Users,
  Vault,
  Workspaces,
} from "../accounts/index.ts";
import { Sessions } from "../accounts/logins/index.ts";
import { StartupError, type Principal } from "../core/index.ts";
import type { Database } from "../db/index.ts";
import type { Egress } from "../egress/index.ts";
import { accountServices } from "./account-services.ts";
import { keepCredentials, refreshCredentials } from "./credentials-file.ts";
import { buildLoginWork, type LoginSettings } from "./login-work.ts";

const CATALOGUE = new URL("../../catalogue/", import.meta.url);

export interface IdentityOptions {
  db: Database;
  log: Logger;
  secretKey: Uint8Array;
  formerSecretKeys: readonly Uint8Array[];
  egress: Egress;
  dataDir: string;
  publicUrl: string;
  logins: LoginSettings;
  /** The operator's own files about apps; null: none. */
  catalogueDir: string | null;
  /** The operator's file of OAuth clients; null: none. */
  oauthClientsFile: string | null;
  dailyCreditsQuota: number;
  /** Why the instance can have one workspace only; null: it takes any number. */
  soleWorkspaceReason: string | null;
}

/** Who may do what: users, keys, the vault and what it seals. */
export type Identity = Awaited<ReturnType<typeof buildIdentity>>;

/** Builds the services of identity; makes the first user on a new database. */
export async function buildIdentity(options: IdentityOptions) {
  const { db, log, secretKey, formerSecretKeys, egress, dataDir, publicUrl, logins } = options;
  const onError = (error: unknown): void => log.error({ err: error }, "a background task of identity failed");
  const instanceClients = await loadInstanceClients(options.oauthClientsFile, log);
  const keys = { secretKey, formerSecretKeys };
  const { soleWorkspaceReason, dailyCreditsQuota } = options;
  const services = identityServices({
    ...{ db, ...keys, egress, publicUrl, logins, instanceClients, soleWorkspaceReason, dailyCreditsQuota, onError },
  });
  await services.vault.verify();
  await services.apps.editor.start({
    dir: fileURLToPath(CATALOGUE),
    operatorDir: options.catalogueDir,
    onProblem: (problem) => log.warn(problem, "a definition of an app is wrong and is left out"),
  });
  const keep = (credentials: Parameters<typeof keepCredentials>[1]["credentials"]): Promise<void> =>
    keepCredentials(dataDir, { publicUrl, credentials });
  await ensureFirstUser(db, { keep });
  await refreshCredentials(dataDir, { publicUrl, setupUrl: await services.passwordLinks.setupUrl() });
  return services;
}

export interface IdentityServicesOptions {
  db: Database;
  secretKey: Uint8Array;
  formerSecretKeys?: readonly Uint8Array[];
  egress: Egress;
  publicUrl: string;
  /** OAuth clients of the operator. */
  instanceClients?: ReturnType<typeof readInstanceClients>["clients"];
  /** Invitations only, without a provider and without mail when absent. */
  logins?: Partial<LoginSettings> | undefined;
  /** Which of its two shapes `/users/me` has. */
  plan?: "free" | "paid";
  /** Of a workspace that has none of its own; none when absent. */
  dailyCreditsQuota?: number;
  /** Why there can be one workspace only; any number of them when absent. */
  soleWorkspaceReason?: string | null;
  onError(error: unknown): void;
}

/** Wires the services of identity; touches nothing. */
export function identityServices(options: IdentityServicesOptions) {
  const { db, secretKey, formerSecretKeys = [], egress, instanceClients = [], publicUrl, onError, plan } = options;
  const usage = new Usage({ db, dailyCreditsQuota: options.dailyCreditsQuota ?? 0 });
  const vault = new Vault({ db, secretKey, formerSecretKeys });
  const accessTokens = new AccessTokens({ db, vault, issuer: publicUrl, onError });
  const apps = new Apps({ db, publicUrl });
  const audit = new AuditLog({ db });
  const principals = new PrincipalCache(db);
  const apiKeys = new ApiKeys({ db, cache: principals, onError });
  const projects = new Projects({ db });
  const workspaces = new Workspaces({ db, soleReason: options.soleWorkspaceReason ?? null });
  const logins = buildLoginWork({
    ...{ db, secretKey, publicUrl, onError, sessions: new Sessions({ db, cache: principals }) },
    settings: { signUp: "invite", oidc: null, mailer: null, ...options.logins },
    identity: { vault, audit, apiKeys, projects, workspaces },
  });
  return {
    ...logins,
    principals,
    vault,
    apps,
    audit,
    accessTokens,
    apiKeys,
    /** Whose API key or access token it is; null for none that is valid. */
    authenticate: async (token: string): Promise<Principal | null> =>
      (await apiKeys.authenticate(token)) ?? accessTokens.authenticate(token),
    oauthClients: new OauthClients({ db, onChanged: () => accessTokens.refresh() }),
    ...accountServices({ db, vault, apps, audit, egress, instanceClients, publicUrl, onError }),
    idempotency: new IdempotencyStore({ db, vault, onError }),
    projects,
    usage,
    users: new Users({ db, usage, ...(plan && { plan }) }),
    workspaces,
  };
}

/** A file that is not there stops the start; a mistake in it costs the client it is in. */
async function loadInstanceClients(path: string | null, log: Logger) {
  if (path === null) return [];
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    throw new StartupError("config_invalid", `MILLRACE_OAUTH_CLIENTS: ${path} cannot be read`, { cause: error });
  });
  const { clients, mistakes } = readInstanceClients(text);
  for (const mistake of mistakes) log.warn({ file: path, mistake }, "an OAuth client of the operator is left out");
  return clients;
}
