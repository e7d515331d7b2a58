import { oauthErrorOf } from "./errors.ts";

/** An OAuth client of a workspace. */
export interface ClientCredentials {
  clientId: string;
  clientSecret: string;
  /** Space-separated; everything that the client may when absent. */
  scope?: string;
}

export interface AccessTokenOptions extends ClientCredentials {
  url: string;
  fetch: typeof fetch;
}

interface HeldToken {
  readonly text: string;
  /** From then on another is fetched. */
  readonly staleAtMs: number;
}

const FETCHED_AHEAD_MS = 120_000;

/** A client's access token: fetched when it is first needed and before it expires, once for all who wait. */
export class AccessToken {
  readonly #options: AccessTokenOptions;
  #held: HeldToken | null = null;
  #fetching: Promise<string> | null = null;

  constructor(options: AccessTokenOptions) {
    this.#options = options;
  }

  /** @throws MillraceError when the server gives none */
  async get(): Promise<string> {
    if (this.#held && this.#held.staleAtMs > Date.now()) return this.#held.text;
    this.#fetching ??= this.#fetch().finally(() => {
      this.#fetching = null;
    });
    return this.#fetching;
  }

  /** The server has refused this token: the next call gets another. */
  drop(text: string): void {
    if (this.#held?.text === text) this.#held = null;
  }

  async #fetch(): Promise<string> {
    const { url, clientId, clientSecret, scope } = this.#options;
    const fields = { grant_type: "client_credentials", client_id: clientId, client_secret: clientSecret };
    const response = await this.#options.fetch(`${url}/v1/oauth/token`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ ...fields, ...(scope !== undefined && { scope }) }),
    });
    if (!response.ok) throw await oauthErrorOf(response);
    const { access_token: text, expires_in } = (await response.json()) as { access_token: string; expires_in: number };
    const lifeMs = expires_in * 1000;
    this.#held = { text, staleAtMs: Date.now() + Math.max(lifeMs - FETCHED_AHEAD_MS, lifeMs / 2) };
    return text;
  }
}
