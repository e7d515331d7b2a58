import type { JsonObject } from "@millrace/runner";
import type { ProviderAccess } from "./oauth-apps/index.ts";
import { testAccount, wordAt, type TestOutcome } from "./providers/index.ts";
import { tokenPair } from "./request-signer.ts";

export interface TriedAccount {
  orgId: string;
  appId: string;
  oauthAppId: string | null;
  credentials: JsonObject;
}

/** What trying an account's credentials told: the columns to write, and the account's id at the provider. */
export interface AccountVerdict {
  readonly outcome: TestOutcome;
  readonly healthy: boolean;
  readonly error: string | null;
  readonly name: string | null;
  readonly uid: string | null;
  /** Fields of `$auth` that the provider tells in its answer to the test, and not with the token. */
  readonly more: JsonObject;
}

/** Sends the app's test request; null for an app that has none. @throws ApiError 400 for fields that fit into no URL */
export async function tryAccount(providers: ProviderAccess, tried: TriedAccount): Promise<AccountVerdict | null> {
  const { orgId, appId, oauthAppId, credentials } = tried;
  const { auth, test } = await providers.definitionOf(appId);
  if (test === undefined) return null;
  const signing =
    auth.type === "oauth1" ? await providers.oauth1(orgId, { appId, oauthAppId, fields: credentials }) : null;
  const signer = signing && { client: signing.client, token: tokenPair(credentials) };
  const outcome = await testAccount({ egress: providers.egress, test, credentials, ...(signer && { signer }) });
  if (!outcome.ok) return { outcome, healthy: false, error: outcome.error, name: null, uid: null, more: {} };
  const uidPath = auth.type === "oauth2" || auth.type === "oauth1" ? auth.uid : undefined;
  const told = Object.entries((auth.type === "oauth2" && auth.credentials) || {}).map(
    ([name, path]) => [name, wordAt(outcome.answer, path)] as const,
  );
  const more = Object.fromEntries(told.filter(([, value]) => value !== null));
  return { outcome, healthy: true, error: null, name: outcome.name, uid: wordAt(outcome.answer, uidPath), more };
}
