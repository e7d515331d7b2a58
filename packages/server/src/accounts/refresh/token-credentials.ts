import type { Json, JsonObject } from "@millrace/runner";
import type { OAuth2Auth } from "../catalogue/index.ts";
import { wordAt, type TokenAnswer } from "../providers/index.ts";
import { nextRefreshAtMs } from "./refresh-times.ts";

export interface TokenCredentialsOptions {
  auth: OAuth2Auth;
  clientId: string;
  answer: TokenAnswer;
  /** The account's fields, and its former tokens when there were some: what the answer leaves out stays. */
  former: JsonObject;
}

/** What `$auth` holds once a provider has given tokens. */
export function tokenCredentials({ auth, clientId, answer, former }: TokenCredentialsOptions): JsonObject {
  const uid = wordAt(answer.whole, auth.uid);
  const more: Record<string, Json> = {};
  for (const [name, path] of Object.entries(auth.credentials ?? {})) {
    const value = wordAt(answer.whole, path);
    if (value !== null) more[name] = value;
  }
  return {
    ...former,
    ...more,
    oauth_access_token: answer.accessToken,
    oauth_client_id: clientId,
    ...(answer.refreshToken !== null && { oauth_refresh_token: answer.refreshToken }),
    ...(uid !== null && { oauth_uid: uid }),
  };
}

/** The columns of an account whose tokens have just come. */
export function tokenColumns(answer: TokenAnswer, nowMs: number) {
  const expiresAtMs = answer.lifetimeS === null ? null : Math.round(nowMs + answer.lifetimeS * 1000);
  return {
    credentials_expire_at_ms: expiresAtMs,
    last_refreshed_at_ms: nowMs,
    next_refresh_at_ms: nextRefreshAtMs({ expiresAtMs, refreshedAtMs: nowMs }, Math.random()),
    ...(answer.scopes && { authorized_scopes: [...answer.scopes] }),
  };
}
