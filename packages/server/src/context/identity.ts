import { fileURLToPath } from "node:url";
import type { Logger } from "pino";
import {
  AccessTokens,
  Accounts,
  ApiKeys,
  Apps,
  AuditLog,
  ensureFirstUser,
  IdempotencyStore,
  OauthClients,
  Projects,
  Users,
  Vault,
  Workspaces,
} from "../accounts/index.ts";
import type { Principal } from "../core/index.ts";
import type { Database } from "../db/index.ts";
import { keepCredentials, refreshAddresses } from "./credentials-file.ts";

const CATALOGUE = new URL("../../catalogue/", import.meta.url);

export interface IdentityOptions {
  db: Database;
  log: Logger;
  secretKey: Uint8Array;
  dataDir: string;
  publicUrl: string;
  /** The operator's own files about apps; null: none. */
  catalogueDir: string | null;
}

/** Who may do what: users, keys, the vault and what it seals. */
export type Identity = Awaited<ReturnType<typeof buildIdentity>>;

/** Builds the services of identity; makes the first user on a new database. */
export async function buildIdentity(options: IdentityOptions) {
  const { db, log, secretKey, dataDir, publicUrl } = options;
  const onError = (error: unknown): void => log.error({ err: error }, "a background task of identity failed");
  const services = identityServices({ db, secretKey, publicUrl, onError });
  await services.vault.verify();
  await services.apps.editor.start({
    dir: fileURLToPath(CATALOGUE),
    operatorDir: options.catalogueDir,
    onProblem: (problem) => log.warn(problem, "a definition of an app is wrong and is left out"),
  });
  const keep = (credentials: Parameters<typeof keepCredentials>[1]["credentials"]): Promise<void> =>
    keepCredentials(dataDir, { publicUrl, credentials });
  if ((await ensureFirstUser(db, { keep })) === null) await refreshAddresses(dataDir, publicUrl);
  return services;
}

export interface IdentityServicesOptions {
  db: Database;
  secretKey: Uint8Array;
  publicUrl: string;
  /** Which of its two shapes `/users/me` has. */
  plan?: "free" | "paid";
  onError(error: unknown): void;
}

/** Wires the services of identity; touches nothing. */
export function identityServices(options: IdentityServicesOptions) {
  const { db, secretKey, publicUrl, onError, plan } = options;
  const vault = new Vault({ db, secretKey });
  const accessTokens = new AccessTokens({ db, vault, issuer: publicUrl, onError });
  const apps = new Apps({ db, publicUrl });
  const audit = new AuditLog({ db });
  const apiKeys = new ApiKeys({ db, onError });
  return {
    vault,
    apps,
    audit,
    accessTokens,
    apiKeys,
    /** Whose API key or access token it is; null for none that is valid. */
    authenticate: async (token: string): Promise<Principal | null> =>
      (await apiKeys.authenticate(token)) ?? accessTokens.authenticate(token),
    oauthClients: new OauthClients({ db, onChanged: () => accessTokens.refresh() }),
    accounts: new Accounts({ db, vault, apps, audit }),
    idempotency: new IdempotencyStore({ db, vault, onError }),
    projects: new Projects({ db }),
    users: new Users({ db, ...(plan && { plan }) }),
    workspaces: new Workspaces({ db }),
  };
}
