import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import type { JsonObject } from "@millrace/runner";
import { ApiError } from "../../core/index.ts";
import { isUnavailable, type Database } from "../../db/index.ts";
import type { ProviderAccess } from "../oauth-apps/index.ts";
import { ProviderError } from "../providers/index.ts";
import type { Vault } from "../vault.ts";
import {
  claimRefresh,
  keepFailure,
  keepTokens,
  type RefreshClaim,
  type RefreshFailure,
  type SeenState,
} from "./refresh-claims.ts";
import { isStale, retryDelayMs } from "./refresh-times.ts";
import { tokenColumns, tokenCredentials } from "./token-credentials.ts";

/** What decides whether an account's tokens are fit for use. */
export interface FreshnessRow extends SeenState {
  org_id: string;
  account_id: string;
  dead: boolean;
  credentials_expire_at_ms: number | null;
  last_refreshed_at_ms: number | null;
  next_refresh_at_ms: number | null;
}

export interface RefresherOptions {
  db: Database;
  vault: Vault;
  providers: ProviderAccess;
  onError(error: unknown): void;
}

const TOPIC = "account_refreshed";
/** Longer than a provider may take to answer; after it, an attempt counts as dead and another takes over. */
const LEASE_MS = 30_000;
const WAIT_MS = 35_000;
const POLL_MS = 250;
const PERSIST_MS = 120_000;
const PERSIST_PAUSE_MS = 500;
const ROUND_EVERY_MS = 20_000;
const AT_ONCE = 8;
const ROUND_SIZE = 200;

/** Words with which providers say that a refresh token is worth nothing any more. */
const FINAL = new Set([
  "invalid_grant",
  "bad_refresh_token",
  "invalid_refresh_token",
  "token_revoked",
  "token_expired",
]);

/**
 * Keeps the tokens of accounts fresh: ahead of their end, and when they are about to be used. Over all nodes at most one
 * attempt at a time asks an account's provider; everybody else waits for what it brings.
 */
export class Refresher {
  readonly #options: RefresherOptions;
  readonly #underWay = new Map<string, Promise<void>>();
  readonly #hints = new EventTarget();
  #unlisten: (() => void) | null = null;
  #timer: NodeJS.Timeout | null = null;
  #round: Promise<void> | null = null;

  constructor(options: RefresherOptions) {
    this.#options = options;
  }

  start(): void {
    this.#unlisten ??= this.#options.db.listen(TOPIC, (hint) => {
      if (hint.type === "message") this.#hints.dispatchEvent(new Event(String(hint.payload)));
    });
    // A timer of its own: a provider that takes its time must not hold up other chores.
    this.#timer ??= setInterval(() => this.#runRound(), ROUND_EVERY_MS).unref();
  }

  /** Waits for attempts of this node: what a provider has answered is written down. */
  async stop(): Promise<void> {
    this.#unlisten?.();
    this.#unlisten = null;
    if (this.#timer) clearInterval(this.#timer);
    this.#timer = null;
    await this.#round;
    await Promise.allSettled(this.#underWay.values());
  }

  /** Refreshes tokens that are about to end, unless that has just failed. @returns whether anything may have changed */
  async ensureFresh(row: FreshnessRow): Promise<boolean> {
    const nowMs = Date.now();
    const times = { expiresAtMs: row.credentials_expire_at_ms, refreshedAtMs: row.last_refreshed_at_ms };
    const isWaiting = row.refresh_failures > 0 && (row.next_refresh_at_ms ?? 0) > nowMs;
    if (row.dead || isWaiting || !isStale(times, nowMs)) return false;
    await this.refresh(row);
    return true;
  }

  /** Refreshes now, or waits for whoever does. What comes of it is in the account's row. */
  refresh(row: SeenState & { org_id: string; account_id: string }): Promise<void> {
    const known = this.#underWay.get(row.account_id);
    if (known) return known;
    const attempt = this.#refresh(row).finally(() => this.#underWay.delete(row.account_id));
    this.#underWay.set(row.account_id, attempt);
    return attempt;
  }

  /** One round: refreshes what is due, and takes up what died with its node. */
  async tick(nowMs: number): Promise<void> {
    const { rows } = await this.#options.db.query<FreshnessRow>(
      `select org_id, account_id, dead, credentials_expire_at_ms, last_refreshed_at_ms, next_refresh_at_ms,
         credentials_version, refresh_failures
       from accounts where next_refresh_at_ms <= $1 and not dead order by next_refresh_at_ms limit ${ROUND_SIZE}`,
      [nowMs],
    );
    const queue = rows.values();
    const worker = async (): Promise<void> => {
      for (const row of queue) await this.refresh(row).catch(this.#options.onError);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
  }

  #runRound(): void {
    this.#round ??= this.tick(Date.now())
      .catch(this.#options.onError)
      .finally(() => (this.#round = null));
  }

  async #refresh(row: SeenState & { org_id: string; account_id: string }): Promise<void> {
    const { org_id: orgId, account_id: accountId } = row;
    const refreshId = randomUUID();
    for (const endMs = Date.now() + WAIT_MS; Date.now() < endMs;) {
      const request = { orgId, accountId, seen: row, refreshId, leaseMs: LEASE_MS };
      const outcome = await claimRefresh(this.#options.db, request);
      if (outcome.state === "settled") return;
      if (outcome.state === "claimed") return this.#attempt(outcome.claim, refreshId);
      await this.#hintOf(accountId);
    }
  }

  /** Waits for word of an account's refresh; a lost one costs a poll's time. */
  async #hintOf(accountId: string): Promise<void> {
    const ending = new AbortController();
    const { signal } = ending;
    const word = once(this.#hints, accountId, { signal });
    await Promise.race([word, delay(POLL_MS, null, { signal })].map((each) => each.catch(() => {})));
    ending.abort();
  }

  async #attempt(claim: RefreshClaim, refreshId: string): Promise<void> {
    const { db } = this.#options;
    const write = await this.#ask(claim).catch((error: unknown) => {
      const failure = failureOf(error, claim);
      if (failure === null) throw error;
      return () => keepFailure(db, claim, { refreshId, failure });
    });
    await persist(write);
    await db.notify(TOPIC, claim.account_id).catch(this.#options.onError);
  }

  /** Asks the provider. @returns what writes its tokens down */
  async #ask(claim: RefreshClaim): Promise<() => Promise<unknown>> {
    const { db, vault, providers } = this.#options;
    const { org_id: orgId } = claim;
    const former = JSON.parse(await vault.open(orgId, claim.vault_key_id, claim.sealed_credentials)) as JsonObject;
    const refreshToken = former["oauth_refresh_token"];
    if (typeof refreshToken !== "string") throw new NoRefreshToken();
    const of = { appId: claim.app_id, oauthAppId: claim.oauth_app_id, fields: former };
    const provider = await providers.oauth2(orgId, of);
    if (!provider) throw new NoRefreshToken();
    const answer = await provider.client.refresh(refreshToken);
    const { auth, identity } = provider;
    const credentials = tokenCredentials({ auth, clientId: identity.clientId, answer, former });
    const columns = tokenColumns(answer, Date.now());
    return async () => {
      const { vaultKeyId, sealed } = await vault.seal(orgId, JSON.stringify(credentials));
      return keepTokens(db, claim, { ...columns, vault_key_id: vaultKeyId, sealed_credentials: sealed });
    };
  }
}

class NoRefreshToken extends Error {}

/** What a provider has given exists nowhere else: a database that is away is waited for. */
async function persist(write: () => Promise<unknown>): Promise<void> {
  for (const endMs = Date.now() + PERSIST_MS; ; await delay(PERSIST_PAUSE_MS)) {
    try {
      await write();
      return;
    } catch (error) {
      if (!isUnavailable(error) || Date.now() > endMs) throw error;
    }
  }
}

/** Null for what is no failure of the account. */
function failureOf(error: unknown, claim: RefreshClaim): RefreshFailure | null {
  const retryAtMs = Date.now() + retryDelayMs(claim.refresh_failures + 1);
  const wasUnsure = claim.refresh_unsure;
  if (error instanceof NoRefreshToken) {
    const text = "The access token has expired, and the app gave no refresh token: connect the account again.";
    return { error: text, isDead: true, isUnsure: false, retryAtMs: null };
  }
  // The client is gone or does not fit: nobody was asked.
  if (error instanceof ApiError && error.status < 500) {
    return { error: `Refreshing is not possible: ${error.message}`, isDead: false, isUnsure: wasUnsure, retryAtMs };
  }
  if (!(error instanceof ProviderError)) return null;
  if (error.fault === "refused" && FINAL.has(error.code)) {
    const lost = wasUnsure
      ? " An earlier refresh was interrupted after the provider was asked, and its answer is lost."
      : "";
    const text = `Refreshing failed: ${error.message}.${lost} Connect the account again.`;
    return { error: text, isDead: true, isUnsure: false, retryAtMs: null };
  }
  const isUnsure = error.fault === "refused" ? false : error.fault !== "busy" || wasUnsure;
  return { error: `Refreshing failed: ${error.message}. It is tried again.`, isDead: false, isUnsure, retryAtMs };
}
