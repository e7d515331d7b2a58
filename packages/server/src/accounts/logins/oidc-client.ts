import * as oauth from "oauth4webapi";
import { ApiError } from "../../core/index.ts";
import type { Egress } from "../../egress/index.ts";

/** The instance's identity provider. */
export interface OidcSettings {
  issuer: string;
  clientId: string;
  clientSecret: string;
  /** Of the button that leads to it. */
  name: string;
  /** Lower-case domains of email; empty: any. */
  allowedDomains: readonly string[];
}

/** What binds an answer of the provider to the browser that set out for it. */
export interface OidcRound {
  state: string;
  nonce: string;
  codeVerifier: string;
}

/** Who somebody is by the provider's word. */
export interface OidcPerson {
  issuer: string;
  subject: string;
  /** Null: none that the provider has verified. */
  verifiedEmail: string | null;
}

// For a provider on loopback, which the settings allow alone. The library marks the name as deprecated to make it stand out.
const ALLOW_HTTP = Reflect.get(oauth, "allowInsecureRequests") as symbol;
const DISCOVERY_FRESH_MS = 3_600_000;
const TIMEOUT_MS = 10_000;
const MAX_BYTES = 1_000_000;

/** Speaks OpenID Connect with the provider: authorization code with PKCE, state and nonce; signatures are checked. */
export class OidcClient {
  readonly settings: OidcSettings;
  readonly #egress: Egress;
  readonly #redirectUri: string;
  #server: { found: Promise<oauth.AuthorizationServer>; atMs: number } | null = null;

  constructor(options: { settings: OidcSettings; egress: Egress; redirectUri: string }) {
    this.settings = options.settings;
    this.#egress = options.egress;
    this.#redirectUri = options.redirectUri;
  }

  /** Where to send the browser, and what to keep of it. @throws ApiError 503 when the provider is away */
  async begin(): Promise<{ url: string; round: OidcRound }> {
    const server = await this.#discover();
    const round = {
      state: oauth.generateRandomState(),
      nonce: oauth.generateRandomNonce(),
      codeVerifier: oauth.generateRandomCodeVerifier(),
    };
    if (server.authorization_endpoint === undefined) throw providerFault("names no place to log in");
    const url = new URL(server.authorization_endpoint);
    const parameters = {
      ...{ client_id: this.settings.clientId, redirect_uri: this.#redirectUri, response_type: "code" },
      ...{ scope: "openid email profile", state: round.state, nonce: round.nonce },
      ...{ code_challenge: await oauth.calculatePKCECodeChallenge(round.codeVerifier), code_challenge_method: "S256" },
    };
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
    return { url: url.href, round };
  }

  /** Who came back. @throws ApiError 401 for an answer that is refused, forged, stale or replayed, 503 */
  async finish(answer: URLSearchParams, round: OidcRound): Promise<OidcPerson> {
    const server = await this.#discover();
    try {
      return await this.#exchange(server, { answer, round });
    } catch (error) {
      if (error instanceof ApiError) throw error;
      throw new ApiError("unauthorized", `The identity provider did not log you in: ${reasonOf(error)}`, {
        cause: error,
      });
    }
  }

  async #exchange(
    server: oauth.AuthorizationServer,
    { answer, round }: { answer: URLSearchParams; round: OidcRound },
  ): Promise<OidcPerson> {
    const client: oauth.Client = { client_id: this.settings.clientId };
    const options = this.#httpOptions();
    const parameters = oauth.validateAuthResponse(server, client, answer, round.state);
    const secret = this.settings.clientSecret;
    const usesBasic = server.token_endpoint_auth_methods_supported?.includes("client_secret_basic") ?? true;
    const authentication = usesBasic ? oauth.ClientSecretBasic(secret) : oauth.ClientSecretPost(secret);
    const response = await oauth.authorizationCodeGrantRequest(
      ...([server, client, authentication, parameters, this.#redirectUri, round.codeVerifier, options] as const),
    );
    const tokens = await oauth.processAuthorizationCodeResponse(server, client, response, {
      expectedNonce: round.nonce,
      requireIdToken: true,
    });
    await oauth.validateApplicationLevelSignature(server, response, options);
    const claims = oauth.getValidatedIdTokenClaims(tokens);
    if (!claims) throw providerFault("sent no identity");
    const told = claims["email"] === undefined ? await this.#userInfo(server, { client, tokens, claims }) : claims;
    const isVerified = told["email_verified"] === true && typeof told["email"] === "string";
    return {
      ...{ issuer: server.issuer, subject: claims.sub },
      verifiedEmail: isVerified ? String(told["email"]).toLowerCase() : null,
    };
  }

  async #userInfo(
    server: oauth.AuthorizationServer,
    { client, tokens, claims }: { client: oauth.Client; tokens: oauth.TokenEndpointResponse; claims: oauth.IDToken },
  ): Promise<Readonly<Record<string, unknown>>> {
    if (server.userinfo_endpoint === undefined) return {};
    const response = await oauth.userInfoRequest(server, client, tokens.access_token, this.#httpOptions());
    return oauth.processUserInfoResponse(server, client, claims.sub, response);
  }

  /** What the provider says of itself, read anew each hour; a failure is not remembered. */
  async #discover(): Promise<oauth.AuthorizationServer> {
    const nowMs = Date.now();
    if (!this.#server || nowMs - this.#server.atMs > DISCOVERY_FRESH_MS) {
      this.#server = { found: this.#readConfiguration(), atMs: nowMs };
    }
    const current = this.#server;
    try {
      return await current.found;
    } catch (error) {
      if (this.#server === current) this.#server = null;
      const message = `The identity provider at ${this.settings.issuer} does not answer as one: ${reasonOf(error)}`;
      throw new ApiError("unavailable", message, { cause: error, retryAfterSeconds: 30 });
    }
  }

  async #readConfiguration(): Promise<oauth.AuthorizationServer> {
    const issuer = new URL(this.settings.issuer);
    const response = await oauth.discoveryRequest(issuer, { ...this.#httpOptions(), algorithm: "oidc" });
    return oauth.processDiscoveryResponse(issuer, response);
  }

  #httpOptions() {
    return {
      [ALLOW_HTTP]: new URL(this.settings.issuer).protocol === "http:",
      [oauth.customFetch]: (url: string, options: oauth.CustomFetchOptions<string, unknown>) =>
        this.#fetch(url, options),
    };
  }

  async #fetch(url: string, options: oauth.CustomFetchOptions<string, unknown>): Promise<Response> {
    const { body } = options;
    const reply = await this.#egress.request({
      ...{ url, method: options.method === "POST" ? "POST" : "GET", headers: options.headers },
      ...(body instanceof URLSearchParams && { body: body.toString() }),
      ...{ timeoutMs: TIMEOUT_MS, maxBytes: MAX_BYTES },
    });
    return new Response(new Uint8Array(reply.body), { status: reply.status, headers: reply.headers });
  }
}

function providerFault(what: string): ApiError {
  return new ApiError("unavailable", `The identity provider ${what}`);
}

/** The provider's own words where it gave some, else what was wrong with its answer. */
function reasonOf(error: unknown): string {
  if (error instanceof oauth.AuthorizationResponseError || error instanceof oauth.ResponseBodyError) {
    return error.error_description ?? error.error;
  }
  return error instanceof Error ? error.message : "no answer";
}
