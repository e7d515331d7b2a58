import type { JsonObject } from "@millrace/runner";
import * as oauth from "oauth4webapi";
import type { Egress, EgressReply } from "../../egress/index.ts";
import type { OAuth2Auth } from "../catalogue/index.ts";
import { toProviderError, unreachable } from "./provider-failure.ts";
import { fillText, fillUrl } from "./placeholders.ts";
import { ProviderError } from "./provider-error.ts";
import { standardAnswer } from "./token-answer.ts";

const TIMEOUT_MS = 15_000;
const MAX_ANSWER_BYTES = 1_000_000;

/** Who we are at the provider. */
export interface ClientIdentity {
  readonly clientId: string;
  /** Empty for a public client. */
  readonly clientSecret: string;
}

/** Tokens as a provider gave them. */
export interface TokenAnswer {
  readonly accessToken: string;
  readonly refreshToken: string | null;
  readonly lifetimeS: number | null;
  /** Null: as asked for. */
  readonly scopes: readonly string[] | null;
  /** The provider's whole answer. */
  readonly whole: JsonObject;
}

export interface OAuth2ClientOptions {
  egress: Pick<Egress, "request">;
  auth: OAuth2Auth;
  client: ClientIdentity;
  /** Fields of the account that its URLs hold. */
  fields: JsonObject;
}

export interface AuthorizeRequest {
  redirectUri: string;
  state: string;
  /** Null when the provider gets no PKCE. */
  verifier: string | null;
  scopes: readonly string[];
  parameters: Readonly<Record<string, string>>;
}

export interface CodeExchange {
  redirectUri: string;
  state: string;
  verifier: string | null;
  /** What the browser brought. */
  callback: URLSearchParams;
}

/** The library writes requests and reads answers; where they really go is between us and egress. */
const ENDPOINT = "https://provider.invalid/";

/** One provider of OAuth 2.0, spoken to as one client. */
export class OAuth2Client {
  readonly #options: OAuth2ClientOptions;
  readonly #tokenUrl: string;
  readonly #revokeUrl: string | null;

  /** @throws ApiError 400 for fields that fit into no URL */
  constructor(options: OAuth2ClientOptions) {
    const { auth, fields } = options;
    this.#options = options;
    this.#tokenUrl = fillUrl(auth.tokenUrl, fields);
    this.#revokeUrl = auth.revokeUrl === undefined ? null : fillUrl(auth.revokeUrl, fields);
  }

  /** Where the browser goes. */
  async authorizeUrl(request: AuthorizeRequest): Promise<string> {
    const { auth, client, fields } = this.#options;
    const url = new URL(fillUrl(auth.authorizeUrl, fields));
    const scope = request.scopes.join(auth.scopeDelimiter);
    const parameters = {
      response_type: "code",
      [auth.clientIdParam ?? "client_id"]: client.clientId,
      redirect_uri: request.redirectUri,
      state: request.state,
      ...(scope !== "" && { [auth.scopeParam ?? "scope"]: scope }),
      ...(request.verifier !== null && {
        code_challenge: await oauth.calculatePKCECodeChallenge(request.verifier),
        code_challenge_method: "S256",
      }),
      ...auth.authorizeParams,
      ...request.parameters,
    };
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, fillText(value, fields));
    return url.href;
  }

  /** Turns what the browser brought into tokens. @throws ProviderError */
  exchange(exchange: CodeExchange): Promise<TokenAnswer> {
    const { redirectUri, state, verifier } = exchange;
    return this.#tokens(this.#tokenUrl, () => {
      const server = { issuer: this.#issuerOf(exchange.callback) };
      const callback = oauth.validateAuthResponse(server, this.#client(), exchange.callback, state);
      const parameters = {
        code: callback.get("code") ?? "",
        redirect_uri: redirectUri,
        ...(verifier !== null && { code_verifier: verifier }),
      };
      return { grant: "authorization_code", parameters };
    });
  }

  /** @throws ProviderError; its fault tells whether the provider may have taken the refresh token */
  refresh(refreshToken: string): Promise<TokenAnswer> {
    const { auth, fields } = this.#options;
    const url = auth.refreshUrl === undefined ? this.#tokenUrl : fillUrl(auth.refreshUrl, fields);
    return this.#tokens(url, () => ({ grant: "refresh_token", parameters: { refresh_token: refreshToken } }));
  }

  /**
   * Tells the provider that a token is not wanted any more.
   * @returns false when the provider has no way to be told. @throws ProviderError
   */
  async revoke(token: string, hint: "access_token" | "refresh_token"): Promise<boolean> {
    const url = this.#revokeUrl;
    if (url === null) return false;
    const send: oauth.RevocationRequestOptions[typeof oauth.customFetch] = async (_url, { headers, body }) => {
      const reply = await this.#post(url, { headers, body });
      return new Response(null, { status: reply.status < 300 ? 200 : reply.status });
    };
    const server = { issuer: ENDPOINT, revocation_endpoint: ENDPOINT };
    const options = { [oauth.customFetch]: send, additionalParameters: { token_type_hint: hint } };
    try {
      const { status } = await oauth.revocationRequest(server, this.#client(), this.#proof(), token, options);
      if (status === 200) return true;
      throw new ProviderError("refused", { code: `http_${status}`, message: `the provider answered ${status}` });
    } catch (error) {
      throw toProviderError(error);
    }
  }

  async #tokens(url: string, ask: () => { grant: string; parameters: Record<string, string> }): Promise<TokenAnswer> {
    const { auth, fields } = this.#options;
    let whole: JsonObject = {};
    const send: oauth.TokenEndpointRequestOptions[typeof oauth.customFetch] = async (_url, { headers, body }) => {
      const answer = standardAnswer(await this.#post(url, { headers, body }), auth.tokenAt);
      whole = answer.whole as JsonObject;
      return Response.json(answer.standard, { status: answer.status });
    };
    const server = { issuer: ENDPOINT, token_endpoint: ENDPOINT };
    try {
      const { grant, parameters } = ask();
      const more = Object.entries(auth.tokenParams ?? {}).map(
        ([name, text]) => [name, fillText(text, fields)] as const,
      );
      const all = { ...parameters, ...Object.fromEntries(more) };
      const options = { [oauth.customFetch]: send };
      const client = this.#client();
      const response = await oauth.genericTokenEndpointRequest(server, client, this.#proof(), grant, all, options);
      const tokens = await oauth.processGenericTokenEndpointResponse(server, client, response);
      return {
        accessToken: tokens.access_token,
        refreshToken: tokens.refresh_token ?? null,
        lifetimeS: tokens.expires_in ?? auth.lifetimeS ?? null,
        scopes: tokens.scope === undefined ? null : tokens.scope.split(/[\s,]+/).filter((scope) => scope !== ""),
        whole,
      };
    } catch (error) {
      throw toProviderError(error);
    }
  }

  /** An answer that names its issuer must name this provider: otherwise the code is another one's. */
  #issuerOf(callback: URLSearchParams): string {
    const { auth, fields } = this.#options;
    const named = callback.get("iss");
    const known = [fillUrl(auth.authorizeUrl, fields), this.#tokenUrl].map((url) => new URL(url).origin);
    return named !== null && known.includes(URL.parse(named)?.origin ?? "") ? named : ENDPOINT;
  }

  #client(): oauth.Client {
    return { client_id: this.#options.client.clientId };
  }

  #proof(): oauth.ClientAuth {
    const { auth, client } = this.#options;
    if (client.clientSecret === "") return oauth.None();
    if (auth.clientAuth === "basic") return oauth.ClientSecretBasic(client.clientSecret);
    return (_server, _client, body) => {
      body.set(auth.clientIdParam ?? "client_id", client.clientId);
      body.set(auth.clientSecretParam ?? "client_secret", client.clientSecret);
    };
  }

  #post(url: string, { headers, body }: { headers: object; body?: unknown }): Promise<EgressReply> {
    const { egress, auth } = this.#options;
    const form = body instanceof URLSearchParams ? body : new URLSearchParams();
    return postForm({ egress, url, headers: { ...headers }, body: form, isJson: auth.tokenFormat === "json" });
  }
}

interface FormPost {
  egress: Pick<Egress, "request">;
  url: string;
  headers: Readonly<Record<string, string>>;
  body: URLSearchParams;
  isJson: boolean;
}

async function postForm({ egress, url, headers, body, isJson }: FormPost): Promise<EgressReply> {
  const type = isJson ? "application/json" : "application/x-www-form-urlencoded;charset=UTF-8";
  try {
    return await egress.request({
      url,
      method: "POST",
      headers: { ...headers, accept: "application/json", "content-type": type },
      body: isJson ? JSON.stringify(Object.fromEntries(body)) : body.toString(),
      timeoutMs: TIMEOUT_MS,
      maxBytes: MAX_ANSWER_BYTES,
    });
  } catch (error) {
    throw unreachable(error);
  }
}
