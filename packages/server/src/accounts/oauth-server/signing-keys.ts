import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type CryptoKey, type JWK } from "jose";
import { sql, type Transaction } from "kysely";
import { notifyWithin, type Database, type Schema } from "../../db/index.ts";
import { SealError } from "../sealed-box.ts";
import type { Vault } from "../vault.ts";
import { planKeys, signerOf, type PlannedKey } from "./key-plan.ts";
import { OAUTH_TOPIC } from "./topic.ts";

export const SIGNATURE_ALGORITHM = "EdDSA";

interface SigningKey extends PlannedKey {
  readonly publicJwk: JWK;
  readonly verifier: CryptoKey;
  readonly signer: CryptoKey | null;
}

// Any number that no other advisory lock of ours uses.
const LOCK = 7_270_002;

/**
 * The instance's signing keys: sealed in the database, open in memory, changed monthly. A new one is published before it
 * signs; an old one verifies until its last token has expired.
 */
export class SigningKeys {
  readonly #db: Database;
  readonly #box: ReturnType<Vault["instanceBox"]>;
  #keys = new Map<string, SigningKey>();

  constructor(options: { db: Database; vault: Vault }) {
    this.#db = options.db;
    this.#box = options.vault.instanceBox("oauth signing keys v1");
  }

  /** Reads the keys into memory. */
  async load(): Promise<void> {
    const rows = await this.#db.kysely.selectFrom("oauth_signing_keys").selectAll().execute();
    const keys = await Promise.all(rows.map(async (row) => this.#keys.get(row.key_id) ?? (await this.#open(row))));
    this.#keys = new Map(keys.map((key) => [key.keyId, key]));
  }

  /** The key that signs now. Undefined before the first one was made. */
  signer(nowMs: number): { keyId: string; key: CryptoKey } | undefined {
    const { keyId, signer } = signerOf([...this.#keys.values()], nowMs) ?? {};
    return keyId !== undefined && signer ? { keyId, key: signer } : undefined;
  }

  /** The key that verifies what `keyId` signed. */
  verifier(keyId: string): CryptoKey | undefined {
    return this.#keys.get(keyId)?.verifier;
  }

  /** The public keys, as JWKS. */
  published(): { keys: JWK[] } {
    return { keys: [...this.#keys.values()].map((key) => key.publicJwk) };
  }

  /** Makes the key that is due and drops those that have served; any number of nodes may do so at once. */
  async rotate(nowMs: number): Promise<void> {
    await this.#db.transaction(async (trx) => {
      await sql`select pg_advisory_xact_lock(${LOCK})`.execute(trx);
      const keys = await this.#sealAnew(trx);
      const { newKeySignsFromMs: signsFromMs, expiredKeyIds } = planKeys(keys, nowMs);
      if (signsFromMs === null && expiredKeyIds.length === 0) return;
      if (signsFromMs !== null) await this.#insert(trx, { signsFromMs, nowMs });
      if (expiredKeyIds.length > 0) {
        await trx.deleteFrom("oauth_signing_keys").where("key_id", "in", expiredKeyIds).execute();
      }
      await notifyWithin(trx, { topic: OAUTH_TOPIC });
    });
  }

  /** Seals all keys with the present secret key of the instance, so that a former one can go. */
  async #sealAnew(trx: Transaction<Schema>): Promise<PlannedKey[]> {
    const rows = await trx.selectFrom("oauth_signing_keys").selectAll().execute();
    const keys: PlannedKey[] = [];
    for (const { key_id, sealed_private_jwk, signs_from_ms } of rows) {
      const text = this.#tryOpen(sealed_private_jwk);
      keys.push({ keyId: key_id, signsFromMs: signs_from_ms, canSign: text !== null });
      if (text === null) continue;
      const anew = { sealed_private_jwk: this.#box.seal(text) };
      await trx.updateTable("oauth_signing_keys").set(anew).where("key_id", "=", key_id).execute();
    }
    return keys;
  }

  /** Null: sealed with a secret key that this node does not have (yet, or any more). What it signed is still verified. */
  #tryOpen(sealed: string): string | null {
    try {
      return this.#box.open(sealed);
    } catch (error) {
      if (error instanceof SealError) return null;
      throw error;
    }
  }

  async #insert(trx: Transaction<Schema>, { signsFromMs, nowMs }: { signsFromMs: number; nowMs: number }) {
    const pair = await generateKeyPair(SIGNATURE_ALGORITHM, { extractable: true });
    const bare = await exportJWK(pair.publicKey);
    const keyId = await calculateJwkThumbprint(bare);
    const publicJwk = { ...bare, kid: keyId, alg: SIGNATURE_ALGORITHM, use: "sig" };
    const privateJwk = JSON.stringify(await exportJWK(pair.privateKey));
    await trx
      .insertInto("oauth_signing_keys")
      .values({
        key_id: keyId,
        public_jwk: JSON.stringify(publicJwk),
        sealed_private_jwk: this.#box.seal(privateJwk),
        created_at_ms: nowMs,
        signs_from_ms: signsFromMs,
      })
      .execute();
  }

  async #open(row: { key_id: string; public_jwk: string; sealed_private_jwk: string; signs_from_ms: number }) {
    const publicJwk = JSON.parse(row.public_jwk) as JWK;
    const privateJwk = this.#tryOpen(row.sealed_private_jwk);
    return {
      keyId: row.key_id,
      signsFromMs: row.signs_from_ms,
      publicJwk,
      verifier: await imported(publicJwk),
      canSign: privateJwk !== null,
      signer: privateJwk === null ? null : await imported(JSON.parse(privateJwk) as JWK),
    };
  }
}

async function imported(jwk: JWK): Promise<CryptoKey> {
  const key = await importJWK(jwk, SIGNATURE_ALGORITHM);
  if (key instanceof Uint8Array) throw new TypeError("a signing key is no key pair");
  return key;
}
