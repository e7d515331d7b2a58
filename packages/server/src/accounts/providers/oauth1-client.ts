import type { JsonObject } from "@millrace/runner";
import type { Egress } from "../../egress/index.ts";
import type { OAuth1Auth } from "../catalogue/index.ts";
import { oauth1Header, type OAuth1Pair, type OAuth1Request } from "./oauth1-signature.ts";
import type { ClientIdentity } from "./oauth2-client.ts";
import { fillText, fillUrl } from "./placeholders.ts";
import { oneLine, ProviderError } from "./provider-error.ts";
import { unreachable } from "./provider-failure.ts";

const TIMEOUT_MS = 15_000;
const MAX_ANSWER_BYTES = 100_000;

export interface OAuth1ClientOptions {
  egress: Pick<Egress, "request">;
  auth: OAuth1Auth;
  client: ClientIdentity;
  /** Fields of the account that its URLs hold. */
  fields: JsonObject;
}

/** One provider of OAuth 1.0a, spoken to as one client. */
export class OAuth1Client {
  readonly #options: OAuth1ClientOptions;

  constructor(options: OAuth1ClientOptions) {
    this.#options = options;
  }

  /** First leg. @throws ProviderError */
  async requestToken(callbackUrl: string): Promise<OAuth1Pair> {
    const answer = await this.#post(this.#options.auth.requestUrl, { parameters: { oauth_callback: callbackUrl } });
    return pairOf(answer);
  }

  /** Second leg: where the browser goes. */
  authorizeUrl(
    requestToken: string,
    options: { scopes: readonly string[]; parameters: Record<string, string> },
  ): string {
    const { auth, fields } = this.#options;
    const url = new URL(fillUrl(auth.authorizeUrl, fields));
    const scope = options.scopes.join(auth.scopeDelimiter ?? ",");
    const parameters = {
      oauth_token: requestToken,
      ...(scope !== "" && { [auth.scopeParam ?? "scope"]: scope }),
      ...auth.authorizeParams,
      ...options.parameters,
    };
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, fillText(value, fields));
    return url.href;
  }

  /** Third leg. @throws ProviderError */
  async accessToken(requestToken: OAuth1Pair, verifier: string): Promise<{ token: OAuth1Pair; whole: JsonObject }> {
    const parameters = { oauth_verifier: verifier };
    const answer = await this.#post(this.#options.auth.accessUrl, { token: requestToken, parameters });
    return { token: pairOf(answer), whole: Object.fromEntries(answer) };
  }

  /** The `Authorization` header for a request of a component. */
  sign(request: OAuth1Request, token: OAuth1Pair): string {
    const { auth } = this.#options;
    const signatureMethod = auth.signatureMethod ?? "HMAC-SHA1";
    return oauth1Header(request, { client: this.#pair(), token, signatureMethod });
  }

  #pair(): OAuth1Pair {
    return { key: this.#options.client.clientId, secret: this.#options.client.clientSecret };
  }

  async #post(
    template: string,
    signing: { token?: OAuth1Pair; parameters: Record<string, string> },
  ): Promise<URLSearchParams> {
    const { auth, egress, fields } = this.#options;
    const url = fillUrl(template, fields);
    const signatureMethod = auth.signatureMethod ?? "HMAC-SHA1";
    const authorization = oauth1Header({ method: "POST", url }, { client: this.#pair(), signatureMethod, ...signing });
    const limits = { timeoutMs: TIMEOUT_MS, maxBytes: MAX_ANSWER_BYTES };
    const reply = await egress
      .request({ url, method: "POST", headers: { authorization, "content-length": "0" }, ...limits })
      .catch((error: unknown) => {
        throw unreachable(error);
      });
    if (reply.status >= 200 && reply.status < 300) return new URLSearchParams(reply.body.toString("utf8").trim());
    const text = oneLine(reply.body.toString("utf8").slice(0, 200));
    const fault = reply.status >= 500 || reply.status === 429 ? "busy" : "refused";
    const message = `the provider answered ${reply.status}: ${text}`;
    throw new ProviderError(fault, { code: `http_${reply.status}`, message });
  }
}

function pairOf(answer: URLSearchParams): OAuth1Pair {
  const key = answer.get("oauth_token");
  const secret = answer.get("oauth_token_secret");
  if (key !== null && key !== "" && secret !== null) return { key, secret };
  throw new ProviderError("garbled", { code: "garbled_answer", message: "the provider's answer holds no token" });
}
