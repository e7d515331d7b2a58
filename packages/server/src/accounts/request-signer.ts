import type { JsonObject } from "@millrace/runner";
import { ApiError, invalidInput } from "../core/index.ts";
import type { Database } from "../db/index.ts";
import { openCredentials, readAccounts } from "./account-rows.ts";
import type { ProviderAccess } from "./oauth-apps/index.ts";
import type { OAuth1Client, OAuth1Request } from "./providers/index.ts";
import type { Vault } from "./vault.ts";

/** The field of `$auth` with the address that signs; an account of OAuth 1.0a keeps it empty. */
export const SIGNER_FIELD = "oauth_signer_uri";
const LIFETIME_MS = 3_600_000;

interface Ticket {
  orgId: string;
  accountId: string;
  untilMs: number;
}

export interface RequestSignerOptions {
  db: Database;
  vault: Vault;
  providers: ProviderAccess;
  publicUrl: string;
}

/** Signs requests of components with accounts of OAuth 1.0a, so that the client's secret never leaves the server. */
export class RequestSigner {
  readonly #options: RequestSignerOptions;
  readonly #box: { seal(text: string): string; open(sealed: string): string };

  constructor(options: RequestSignerOptions) {
    this.#options = options;
    this.#box = options.vault.instanceBox("oauth1 signer v1");
  }

  /** An address that signs with one account for an hour: longer than any run that gets it. */
  uriFor(orgId: string, accountId: string): string {
    const ticket: Ticket = { orgId, accountId, untilMs: Date.now() + LIFETIME_MS };
    return `${this.#options.publicUrl}/v1/oauth/sign/${this.#box.seal(JSON.stringify(ticket))}`;
  }

  /** The `Authorization` header for a request. @throws ApiError 401 for a bad or old address, 400 for an odd request */
  async sign(token: string, request: OAuth1Request): Promise<string> {
    const { orgId, accountId } = this.#ticketOf(token);
    const of = { orgIds: [orgId], accountIds: [accountId] };
    const [[account], credentials] = await Promise.all([
      readAccounts(this.#options.db, of),
      openCredentials(this.#options, of),
    ]);
    const fields = credentials.get(accountId);
    if (!account || !fields) throw new ApiError("unauthorized", "The account of this address does not exist any more");
    const provider = await this.#options.providers.oauth1(orgId, {
      appId: account.app_id,
      oauthAppId: account.oauth_app_id,
      fields,
    });
    if (!provider) throw new ApiError("unauthorized", "The account of this address is not signed for");
    return provider.client.sign(checked(request), tokenPair(fields));
  }

  #ticketOf(token: string): Ticket {
    try {
      const ticket = JSON.parse(this.#box.open(token)) as Ticket;
      if (ticket.untilMs > Date.now()) return ticket;
    } catch {
      // Tampered with or of another instance: the same answer as for an old one.
    }
    throw new ApiError("unauthorized", "This address signs nothing, or not any more");
  }
}

/** The token of an account of OAuth 1.0a: its secret stands where OAuth 2.0 has the refresh token. */
export function tokenPair(credentials: JsonObject): Parameters<OAuth1Client["sign"]>[1] {
  const key = credentials["oauth_access_token"];
  const secret = credentials["oauth_refresh_token"];
  return { key: typeof key === "string" ? key : "", secret: typeof secret === "string" ? secret : "" };
}

function checked(request: OAuth1Request): OAuth1Request {
  const url = URL.parse(request.url);
  if (url && /^https?:$/.test(url.protocol) && /^[A-Za-z]{1,20}$/.test(request.method)) return request;
  throw invalidInput([{ path: "requestData", message: "must hold an http method and an absolute URL" }]);
}
