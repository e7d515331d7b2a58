import { JWSSignatureVerificationFailed } from "jose/errors";
import { ApiError, newKsuid, parseScopes, scopesAllow, type ClientPrincipal } from "../../core/index.ts";
import type { Database } from "../../db/index.ts";
import { secretHash } from "../secret-hash.ts";
import type { Vault } from "../vault.ts";
import { ClientDirectory, secretOpens, type KnownClient } from "./client-directory.ts";
import { ClientUsage } from "./client-usage.ts";
import { FailureThrottle } from "./failure-throttle.ts";
import { Issuers } from "./issuers.ts";
import { TOKEN_LIFETIME_MS } from "./key-plan.ts";
import { Mirror } from "./mirror.ts";
import { Revocations } from "./revocations.ts";
import { SigningKeys } from "./signing-keys.ts";
import { readToken, signToken, type TokenClaims } from "./token-format.ts";
import { OAUTH_TOPIC } from "./topic.ts";

export interface AccessTokensOptions {
  db: Database;
  vault: Vault;
  /** This node's public URL. */
  issuer: string;
  onError(error: unknown): void;
}

/** How a client shows who it is. */
export interface ClientCredentials {
  clientId: string;
  clientSecret: string;
  ip: string;
}

export interface IssuedToken {
  token: string;
  scopes: readonly string[];
  expiresInSeconds: number;
  createdAtMs: number;
}

const POLL_MS = 10_000;
const UNKNOWN_KEY_REFRESH_MS = 1_000;
const CACHED_TOKENS = 10_000;
const FLUSH_EVERY_MS = 60_000;

/**
 * Access tokens of OAuth clients: issued, checked and revoked. Checking asks nobody: keys, clients and revocations are in
 * memory, kept up by hints.
 */
export class AccessTokens {
  readonly #options: AccessTokensOptions;
  readonly #keys: SigningKeys;
  readonly #clients: ClientDirectory;
  readonly #revocations: Revocations;
  readonly #issuers: Issuers;
  readonly #usage: ClientUsage;
  readonly #throttle = new FailureThrottle();
  readonly #mirror: Mirror;
  /** Claims of tokens whose signature was found right, by their hash. */
  readonly #verified = new Map<string, TokenClaims>();
  #refreshedForUnknownAtMs = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: AccessTokensOptions) {
    const { db, vault, issuer, onError } = options;
    this.#options = options;
    this.#keys = new SigningKeys({ db, vault });
    this.#clients = new ClientDirectory(db);
    this.#revocations = new Revocations(db);
    this.#issuers = new Issuers({ db, own: issuer });
    this.#usage = new ClientUsage(db);
    this.#mirror = new Mirror({
      ...{ db, topic: OAUTH_TOPIC, pollMs: POLL_MS, onError },
      reload: () => this.#reload(),
      hear: (payload) => this.#revocations.hear(payload),
    });
  }

  /** Sees to it that there is a key, and reads everything. @throws ApiError `unavailable` */
  async start(): Promise<void> {
    await this.keepUp(Date.now());
    await this.#mirror.start();
    this.#timer ??= setInterval(() => void this.tick().catch(this.#options.onError), FLUSH_EVERY_MS).unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#timer = undefined;
    await this.#mirror.stop();
    await this.tick().catch(this.#options.onError);
  }

  /** One round: writes when clients were last used. */
  tick(): Promise<void> {
    return this.#usage.flush();
  }

  /** The hourly chore: rotates keys when they are due, and drops what has expired. */
  async keepUp(nowMs: number): Promise<void> {
    await this.#keys.rotate(nowMs);
    await this.#issuers.announce(nowMs);
    await this.#issuers.prune(nowMs);
    await this.#revocations.prune(nowMs);
  }

  /** Reads keys, clients and revocations again. */
  refresh(): Promise<void> {
    return this.#mirror.refresh();
  }

  /** The public keys, as `/.well-known/jwks.json` shows them. */
  jwks(): ReturnType<SigningKeys["published"]> {
    return this.#keys.published();
  }

  /**
   * Issues a token by the client credentials grant; those issued before stay valid.
   * @throws ApiError `invalid_client` 401, `invalid_scope` 400, `rate_limited` 429 after wrong secrets
   */
  async issue(credentials: ClientCredentials, scope: string | undefined): Promise<IssuedToken> {
    const nowMs = Date.now();
    const client = await this.#clientOf(credentials, nowMs);
    const scopes = scopesFor(client, scope);
    const signer = this.#keys.signer(nowMs) ?? (await this.#firstSigner(nowMs));
    const { clientId, orgId } = client;
    const token = await signToken(
      { tokenId: newKsuid(nowMs), issuer: this.#issuers.own, orgId, clientId, scopes, nowMs },
      signer,
    );
    this.#usage.note(clientId, nowMs);
    return { token, scopes, expiresInSeconds: TOKEN_LIFETIME_MS / 1000, createdAtMs: nowMs };
  }

  /** The client whose token it is; null for one that is forged, expired, revoked, or of a client that is gone. */
  async authenticate(token: string): Promise<ClientPrincipal | null> {
    const claims = await this.#read(token);
    if (!claims || claims.expiresAtMs <= Date.now() || this.#revocations.has(claims.tokenId)) return null;
    const { clientId, keyId } = claims;
    // A key that was withdrawn takes its tokens with it.
    if (!this.#keys.verifier(keyId)) return null;
    const client = this.#clients.peek(clientId) ?? (await this.#clients.look(clientId));
    if (client?.orgId !== claims.orgId) return null;
    const { orgId, role } = client;
    return { kind: "client", clientId, scopes: claims.scopes, orgIds: [orgId], roles: new Map([[orgId, role]]) };
  }

  /**
   * Revokes a token of the client, on every node; a token that is not one of its valid ones is no error.
   * @throws ApiError `invalid_client` 401, `rate_limited` 429
   */
  async revoke(credentials: ClientCredentials, token: string): Promise<void> {
    const client = await this.#clientOf(credentials, Date.now());
    const claims = await this.#read(token);
    if (claims?.clientId !== client.clientId) return;
    await this.#revocations.add({ tokenId: claims.tokenId, expiresAtMs: claims.expiresAtMs });
  }

  async #clientOf({ clientId, clientSecret, ip }: ClientCredentials, nowMs: number): Promise<KnownClient> {
    const throttleKey = `${clientId} ${ip}`;
    this.#throttle.assertOpen(throttleKey, nowMs);
    const known = this.#clients.peek(clientId);
    if (known && secretOpens(known, clientSecret, nowMs)) return known;
    // Another node may have made the client, or its newest secret, this moment.
    const found = await this.#clients.look(clientId);
    if (found && secretOpens(found, clientSecret, nowMs)) return found;
    this.#throttle.noteFailure(throttleKey, nowMs);
    throw new ApiError("invalid_client", "The client is unknown, or its secret is wrong");
  }

  async #read(token: string): Promise<TokenClaims | null> {
    const hash = secretHash(token);
    const known = this.#verified.get(hash);
    if (known) return known;
    const claims = await readToken(token, (header) => this.#verifierOf(header.kid ?? ""));
    if (!claims || !(await this.#isOurIssuer(claims.issuer))) return null;
    const [oldest] = this.#verified.keys();
    if (this.#verified.size >= CACHED_TOKENS && oldest !== undefined) this.#verified.delete(oldest);
    this.#verified.set(hash, claims);
    return claims;
  }

  async #verifierOf(keyId: string) {
    const known = this.#keys.verifier(keyId);
    if (known) return known;
    await this.#refreshForUnknown();
    const verifier = this.#keys.verifier(keyId);
    if (!verifier) throw new JWSSignatureVerificationFailed("no such key");
    return verifier;
  }

  async #isOurIssuer(issuer: string): Promise<boolean> {
    if (this.#issuers.has(issuer)) return true;
    await this.#refreshForUnknown();
    return this.#issuers.has(issuer);
  }

  /** Another node may have made a key this moment; whoever invents keys makes us look once a second at most. */
  async #refreshForUnknown(): Promise<void> {
    const nowMs = Date.now();
    if (nowMs - this.#refreshedForUnknownAtMs < UNKNOWN_KEY_REFRESH_MS) return;
    this.#refreshedForUnknownAtMs = nowMs;
    await this.#mirror.refresh();
  }

  async #firstSigner(nowMs: number) {
    await this.#keys.rotate(nowMs);
    await this.#mirror.refresh();
    const signer = this.#keys.signer(nowMs);
    if (!signer) throw new ApiError("unavailable", "There is no key to sign tokens with yet");
    return signer;
  }

  async #reload(): Promise<void> {
    const nowMs = Date.now();
    await Promise.all([
      this.#keys.load(),
      this.#clients.load(),
      this.#revocations.load(nowMs),
      this.#issuers.load(nowMs),
    ]);
  }
}

function scopesFor(client: KnownClient, wanted: string | undefined): readonly string[] {
  if (wanted === undefined || wanted.trim() === "") return client.scopes;
  const names = parseScopes(wanted);
  if (!names?.every((name) => scopesAllow(client.scopes, name))) {
    throw new ApiError("invalid_scope", "A scope is unknown, or more than this client may have");
  }
  return names;
}
