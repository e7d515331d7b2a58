import type { Logger } from "pino";
import {
  Accounts,
  ApiKeys,
  Apps,
  AuditLog,
  ensureFirstUser,
  IdempotencyStore,
  Projects,
  Users,
  Vault,
  Workspaces,
} from "../accounts/index.ts";
import type { Database } from "../db/index.ts";
import { keepCredentials, refreshAddresses } from "./credentials-file.ts";

export interface IdentityOptions {
  db: Database;
  log: Logger;
  secretKey: Uint8Array;
  dataDir: string;
  publicUrl: string;
}

/** Who may do what: users, keys, the vault and what it seals. */
export type Identity = Awaited<ReturnType<typeof buildIdentity>>;

/** Builds the services of identity; makes the first user on a new database. */
export async function buildIdentity(options: IdentityOptions) {
  const { db, log, secretKey, dataDir, publicUrl } = options;
  const onError = (error: unknown): void => log.error({ err: error }, "a background task of identity failed");
  const services = identityServices({ db, secretKey, onError });
  await services.vault.verify();
  const keep = (credentials: Parameters<typeof keepCredentials>[1]["credentials"]): Promise<void> =>
    keepCredentials(dataDir, { publicUrl, credentials });
  if ((await ensureFirstUser(db, { keep })) === null) await refreshAddresses(dataDir, publicUrl);
  return services;
}

export interface IdentityServicesOptions {
  db: Database;
  secretKey: Uint8Array;
  /** Which of its two shapes `/users/me` has. */
  plan?: "free" | "paid";
  onError(error: unknown): void;
}

/** Wires the services of identity; touches nothing. */
export function identityServices(options: IdentityServicesOptions) {
  const { db, secretKey, onError, plan } = options;
  const vault = new Vault({ db, secretKey });
  const apps = new Apps({ db });
  const audit = new AuditLog({ db });
  return {
    vault,
    apps,
    audit,
    accounts: new Accounts({ db, vault, apps, audit }),
    apiKeys: new ApiKeys({ db, onError }),
    idempotency: new IdempotencyStore({ db, vault, onError }),
    projects: new Projects({ db }),
    users: new Users({ db, ...(plan && { plan }) }),
    workspaces: new Workspaces({ db }),
  };
}
