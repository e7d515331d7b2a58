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
  const vault = new Vault({ db, secretKey });
  await vault.verify();
  const apps = new Apps({ db });
  const audit = new AuditLog({ db });
  const services = {
    vault,
    apps,
    audit,
    accounts: new Accounts({ db, vault, apps, audit }),
    apiKeys: new ApiKeys({ db, onError }),
    idempotency: new IdempotencyStore({ db, vault, onError }),
    projects: new Projects({ db }),
    users: new Users({ db }),
    workspaces: new Workspaces({ db }),
  };
  const keep = (credentials: Parameters<typeof keepCredentials>[1]["credentials"]): Promise<void> =>
    keepCredentials(dataDir, { publicUrl, credentials });
  if ((await ensureFirstUser(db, { keep })) === null) await refreshAddresses(dataDir, publicUrl);
  return services;
}
