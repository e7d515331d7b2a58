import type { JsonObject } from "@millrace/runner";
import type { Database } from "../../db/index.ts";
import { secretHash } from "../secret-hash.ts";
import type { Vault } from "../vault.ts";
import { ConnectProblem, PROBLEM_TEXTS } from "./connect-problem.ts";

/** What must be at hand when the browser comes back from the provider. */
export interface AttemptState {
  readonly linkToken: string;
  readonly oauthAppId: string;
  /** The account's fields besides its tokens. */
  readonly fields: JsonObject;
  readonly scopes: readonly string[];
  /** PKCE's. */
  readonly verifier: string | null;
  /** OAuth 1.0a's. */
  readonly requestToken: { readonly key: string; readonly secret: string } | null;
}

export interface Attempt extends AttemptState {
  readonly orgId: string;
  readonly linkHash: string;
}

const LIFETIME_MS = 15 * 60_000;

/** Connections that are at a provider just now, each bound to the browser that began it. */
export class ConnectAttempts {
  readonly #db: Database;
  readonly #vault: Vault;

  constructor(options: { db: Database; vault: Vault }) {
    this.#db = options.db;
    this.#vault = options.vault;
  }

  /** Writes an attempt down; an earlier one of the link counts no more. `state` is what the provider will bring back. */
  async begin(attempt: Attempt, { state, browserId }: { state: string; browserId: string }): Promise<void> {
    const { orgId, linkHash, ...kept } = attempt;
    const { vaultKeyId, sealed } = await this.#vault.seal(orgId, JSON.stringify(kept));
    const row = {
      ...{ org_id: orgId, link_hash: linkHash, state_hash: secretHash(state), browser_hash: secretHash(browserId) },
      ...{ vault_key_id: vaultKeyId, sealed_state: sealed, expires_at_ms: Date.now() + LIFETIME_MS },
    };
    await this.#db.transaction(async (trx) => {
      await trx.deleteFrom("connect_attempts").where("link_hash", "=", linkHash).execute();
      await trx.insertInto("connect_attempts").values(row).execute();
    });
  }

  /** Ends an attempt: nobody can come back with the same state again. @throws ConnectProblem */
  async end(state: string, browserId: string | null): Promise<Attempt> {
    const removal = this.#db.kysely.deleteFrom("connect_attempts").where("state_hash", "=", secretHash(state));
    const row = await removal.returningAll().executeTakeFirst();
    if (!row || row.expires_at_ms <= Date.now()) throw new ConnectProblem("state_stale", PROBLEM_TEXTS.state_stale);
    if (browserId === null || secretHash(browserId) !== row.browser_hash) {
      throw new ConnectProblem("wrong_browser", PROBLEM_TEXTS.wrong_browser);
    }
    const text = await this.#vault.open(row.org_id, row.vault_key_id, row.sealed_state);
    return { ...(JSON.parse(text) as AttemptState), orgId: row.org_id, linkHash: row.link_hash };
  }
}
