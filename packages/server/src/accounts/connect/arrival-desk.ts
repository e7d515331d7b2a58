import type { Principal } from "../../core/index.ts";
import { tryAccount, type AccountVerdict } from "../account-test.ts";
import type { Apps } from "../apps.ts";
import type { AuditLog } from "../audit-log.ts";
import type { Database } from "../../db/index.ts";
import type { ProviderAccess } from "../oauth-apps/index.ts";
import { saveConnected, type ConnectedAccount } from "../save-connected.ts";
import type { Vault } from "../vault.ts";
import type { ConnectLink, ConnectLinks } from "./connect-links.ts";
import { ConnectProblem, PROBLEM_TEXTS } from "./connect-problem.ts";

/** What a person brought: keys of a form, or tokens of a provider. */
export type Brought = Pick<ConnectedAccount, "credentials" | "times" | "oauthAppId"> & { ip: string };

/** An account that is connected. */
export interface Connected {
  readonly kind: "connected";
  readonly accountId: string;
  readonly appName: string;
  readonly name: string | null;
  /** Why trying it failed. */
  readonly warning: string | null;
  readonly successUrl: string | null;
}

export interface ArrivalDeskOptions {
  db: Database;
  vault: Vault;
  apps: Apps;
  audit: AuditLog;
  providers: ProviderAccess;
  links: ConnectLinks;
}

/** The last step of connecting: trying what was brought, and writing the account down. */
export class ArrivalDesk {
  readonly #options: ArrivalDeskOptions;

  constructor(options: ArrivalDeskOptions) {
    this.#options = options;
  }

  /** @returns why keys were refused by their provider, or the account. @throws ConnectProblem */
  async take(link: ConnectLink, brought: Brought): Promise<Connected | { readonly refusal: string }> {
    const { org_id: orgId, app_id: appId } = link;
    const { oauthAppId, credentials } = brought;
    const verdict = await tryAccount(this.#options.providers, { orgId, appId, oauthAppId, credentials });
    const isRefused = verdict !== null && !verdict.outcome.ok && verdict.outcome.isFinal;
    // Tokens cannot be typed again: an account of theirs is kept, and says what is wrong with it.
    if (isRefused && oauthAppId === null) return { refusal: `${verdict.error ?? ""}. Check what you entered.` };
    const account = accountOf(link, brought, verdict);
    const accountId = await this.#save(link, account);
    const action = link.account_id === null ? "account.connected" : "account.reconnected";
    await this.#options.audit.record({ principal: principalOf(link), ip: brought.ip }, [
      { orgId, action, subject: accountId },
    ]);
    const { name: appName } = await this.#options.apps.find(appId);
    const { name, error: warning } = account;
    return { kind: "connected", accountId, appName, name, warning, successUrl: link.success_url };
  }

  async #save(link: ConnectLink, account: ConnectedAccount): Promise<string> {
    await this.#options.links.use(link);
    try {
      const accountId = await saveConnected(this.#options, account);
      if (accountId !== null) return accountId;
    } catch (error) {
      await this.#options.links.giveBack(link);
      throw error;
    }
    throw new ConnectProblem("account_gone", PROBLEM_TEXTS.account_gone);
  }
}

function accountOf(link: ConnectLink, brought: Brought, verdict: AccountVerdict | null): ConnectedAccount {
  const { credentials, times, oauthAppId } = brought;
  const uid = verdict?.uid ?? null;
  const isUidNew = uid !== null && credentials["oauth_uid"] === undefined;
  return {
    ...{ orgId: link.org_id, accountId: link.account_id, userId: link.user_id, appId: link.app_id, oauthAppId },
    ...{ externalUserId: link.external_user_id, projectId: link.project_id, environment: link.environment },
    name: link.name ?? verdict?.name ?? null,
    credentials: { ...verdict?.more, ...credentials, ...(isUidNew && { oauth_uid: uid }) },
    healthy: verdict?.healthy ?? true,
    error: verdict?.error ?? null,
    ...(times && { times }),
  };
}

/** Whoever made the link answers for what is connected with it. */
function principalOf({ user_id: userId, actor, org_id }: ConnectLink): Principal {
  const scope = { orgIds: [org_id], roles: new Map() };
  if (userId === null) return { kind: "client", clientId: actor, scopes: [], ...scope };
  const credential = { kind: "session", id: "connect_link" } as const;
  return { kind: "user", userId, credential, keyOrgId: null, readOnly: false, ...scope };
}
