import type { JsonObject } from "@millrace/runner";
import { ApiError } from "../../core/index.ts";
import type { Egress } from "../../egress/index.ts";
import type { AppDefinition, OAuth1Auth, OAuth2Auth } from "../catalogue/index.ts";
import { hasHostOfUser, OAuth1Client, OAuth2Client } from "../providers/index.ts";
import type { OauthApps, ProviderClient } from "./oauth-apps.ts";

/** The part of the catalogue that connecting reads. */
export interface AppDefinitions {
  /** @throws ApiError 404 */
  definitionOf(appId: string): Promise<AppDefinition>;
}

export interface ProviderAccessOptions {
  egress: Pick<Egress, "request">;
  definitions: AppDefinitions;
  oauthApps: OauthApps;
  publicUrl: string;
}

/** Of which app, with which client, with which fields in its URLs. */
export interface ProviderOf {
  appId: string;
  oauthAppId: string | null;
  fields: JsonObject;
}

export interface ConnectedProvider<Auth, Client> {
  readonly definition: AppDefinition;
  readonly auth: Auth;
  readonly identity: ProviderClient;
  readonly client: Client;
}

/** Opens the way from an account to its provider: definition, client and requests. */
export class ProviderAccess {
  readonly #options: ProviderAccessOptions;

  constructor(options: ProviderAccessOptions) {
    this.#options = options;
  }

  get egress(): Pick<Egress, "request"> {
    return this.#options.egress;
  }

  /** Where providers send browsers back to; to be registered with each client. */
  get redirectUri(): string {
    return `${this.#options.publicUrl}/v1/oauth/callback`;
  }

  definitionOf(appId: string): Promise<AppDefinition> {
    return this.#options.definitions.definitionOf(appId);
  }

  /** @throws ApiError 400 when no client fits */
  clientFor(orgId: string, of: Pick<ProviderOf, "appId" | "oauthAppId">): Promise<ProviderClient> {
    return this.#options.oauthApps.clientFor(orgId, of);
  }

  /** Null when no client fits. */
  findClient(orgId: string, of: Pick<ProviderOf, "appId" | "oauthAppId">): Promise<ProviderClient | null> {
    return this.#options.oauthApps.findClient(orgId, of);
  }

  /** Null when the app is not connected by OAuth 2.0. @throws ApiError 400 when no client fits */
  async oauth2(orgId: string, of: ProviderOf): Promise<ConnectedProvider<OAuth2Auth, OAuth2Client> | null> {
    const definition = await this.definitionOf(of.appId);
    const { auth } = definition;
    if (auth.type !== "oauth2") return null;
    const identity = await this.#options.oauthApps.clientFor(orgId, of);
    assertMayGoThere(identity, [auth.tokenUrl, auth.refreshUrl, auth.revokeUrl]);
    const client = new OAuth2Client({ egress: this.egress, auth, client: identity, fields: of.fields });
    return { definition, auth, identity, client };
  }

  /** Null when the app is not connected by OAuth 1.0a. @throws ApiError 400 when no client fits */
  async oauth1(orgId: string, of: ProviderOf): Promise<ConnectedProvider<OAuth1Auth, OAuth1Client> | null> {
    const definition = await this.definitionOf(of.appId);
    const { auth } = definition;
    if (auth.type !== "oauth1") return null;
    const identity = await this.#options.oauthApps.clientFor(orgId, of);
    const client = new OAuth1Client({ egress: this.egress, auth, client: identity, fields: of.fields });
    return { definition, auth, identity, client };
  }
}

/** Otherwise a user could name a host of theirs and be sent the operator's client secret. */
function assertMayGoThere({ isInstanceWide }: ProviderClient, urls: readonly (string | undefined)[]): void {
  if (!isInstanceWide || !urls.some((url) => url !== undefined && hasHostOfUser(url))) return;
  throw new ApiError("conflict", "This app's address is yours, so it needs an OAuth client of yours: POST /oauth_apps");
}
