import {
  Accounts,
  Connections,
  KeyRetirement,
  OauthApps,
  ProviderAccess,
  Refresher,
  RequestSigner,
  type Apps,
  type AuditLog,
  type InstanceClient,
  type Vault,
} from "../accounts/index.ts";
import type { Database } from "../db/index.ts";
import type { Egress } from "../egress/index.ts";

export interface AccountServicesOptions {
  db: Database;
  vault: Vault;
  apps: Apps;
  audit: AuditLog;
  egress: Egress;
  instanceClients: readonly InstanceClient[];
  publicUrl: string;
  onError(error: unknown): void;
}

/** Wires what accounts are connected, kept fresh and signed for with. */
export function accountServices(options: AccountServicesOptions) {
  const { db, vault, apps, audit, egress, instanceClients, publicUrl, onError } = options;
  const oauthApps = new OauthApps({ db, vault, apps, instanceClients });
  const providers = new ProviderAccess({ egress, definitions: apps, oauthApps, publicUrl });
  const refresher = new Refresher({ db, vault, providers, onError });
  const requestSigner = new RequestSigner({ db, vault, providers, publicUrl });
  const accounts = new Accounts({ db, vault, apps, audit, providers, oauthApps, refresher, signer: requestSigner });
  return {
    accounts,
    oauthApps,
    refresher,
    requestSigner,
    connections: new Connections({ db, vault, apps, audit, accounts, providers, publicUrl }),
    keyRetirement: new KeyRetirement({ db, vault }),
  };
}
