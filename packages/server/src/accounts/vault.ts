import { randomBytes } from "node:crypto";
import { StartupError, newId } from "../core/index.ts";
import type { Database } from "../db/index.ts";
import { SealError, openBytes, sealBytes } from "./sealed-box.ts";
import { derivedKey } from "./secret-hash.ts";

const CACHED_KEYS = 1000;
const CHECK_SETTING = "vault_check";
const CHECK_TEXT = "millrace";

/** Why the vault cannot open something; nothing stored is changed by it. */
export class VaultError extends Error {
  override name = "VaultError";
  readonly code: "vault_wrong_key" | "vault_key_missing" | "vault_broken";

  constructor(code: VaultError["code"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

export interface SealedText {
  vaultKeyId: string;
  sealed: string;
}

/**
 * Keeps secrets of workspaces at rest by envelope encryption: each workspace has a data key, stored wrapped by the
 * instance's secret key. Both are AES-256-GCM and bound to workspace and key id, so neither can be moved elsewhere.
 */
export class Vault {
  readonly #db: Database;
  readonly #wrappingKey: Buffer;
  readonly #instanceSecret: Uint8Array;
  /** Unwrapped data keys by `org:key`, oldest first. */
  readonly #keys = new Map<string, Buffer>();
  readonly #currentKeyIds = new Map<string, string>();

  constructor(options: { db: Database; secretKey: Uint8Array }) {
    this.#db = options.db;
    this.#instanceSecret = options.secretKey;
    this.#wrappingKey = derivedKey(options.secretKey, "vault wrapping key v1");
  }

  /**
   * Checks that the instance's secret key is the one that this database was first used with.
   * @throws StartupError `config_invalid`
   */
  async verify(): Promise<void> {
    const sealed = sealBytes(this.#wrappingKey, Buffer.from(CHECK_TEXT), CHECK_SETTING);
    const row = { name: CHECK_SETTING, value: sealed };
    await this.#db.kysely
      .insertInto("instance_settings")
      .values(row)
      .onConflict((c) => c.doNothing())
      .execute();
    const stored = await this.#db.kysely
      .selectFrom("instance_settings")
      .select("value")
      .where("name", "=", CHECK_SETTING)
      .executeTakeFirstOrThrow();
    try {
      openBytes(this.#wrappingKey, stored.value, CHECK_SETTING);
    } catch (error) {
      const message =
        "MILLRACE_SECRET_KEY (or the secret key file in the data directory) is not the key that this database's " +
        "secrets were sealed with. Nothing was changed; start with the former key.";
      throw new StartupError("config_invalid", message, { cause: error });
    }
  }

  /** Seals a text for a workspace. @throws VaultError when the workspace's key does not open */
  async seal(orgId: string, text: string): Promise<SealedText> {
    const vaultKeyId = this.#currentKeyIds.get(orgId) ?? (await this.#currentKeyId(orgId));
    const key = await this.#dataKey(orgId, vaultKeyId);
    return { vaultKeyId, sealed: sealBytes(key, Buffer.from(text, "utf8"), secretBinding(orgId, vaultKeyId)) };
  }

  /** Opens what `seal` made. @throws VaultError */
  async open(orgId: string, vaultKeyId: string, sealed: string): Promise<string> {
    const key = await this.#dataKey(orgId, vaultKeyId);
    try {
      return openBytes(key, sealed, secretBinding(orgId, vaultKeyId)).toString("utf8");
    } catch (error) {
      if (!(error instanceof SealError)) throw error;
      throw new VaultError("vault_broken", "A stored secret was changed or belongs elsewhere", { cause: error });
    }
  }

  /** Seals and opens texts that belong to the instance and live for a short time, under a purpose. */
  instanceBox(purpose: string): { seal(text: string): string; open(sealed: string): string } {
    const key = derivedKey(this.#instanceSecret, `box: ${purpose}`);
    return {
      seal: (text) => sealBytes(key, Buffer.from(text, "utf8"), purpose),
      open: (sealed) => openBytes(key, sealed, purpose).toString("utf8"),
    };
  }

  /** The workspace's oldest key, made at first use. Two nodes may make one each: both stay valid. */
  async #currentKeyId(orgId: string): Promise<string> {
    const existing = await this.#oldestKeyId(orgId);
    if (existing !== undefined) return this.#remember(orgId, existing);
    const vaultKeyId = newId("vaultKey");
    const wrapped = sealBytes(this.#wrappingKey, randomBytes(32), wrapBinding(orgId, vaultKeyId));
    const row = { org_id: orgId, vault_key_id: vaultKeyId, wrapped_key: wrapped, created_at_ms: Date.now() };
    await this.#db.kysely.insertInto("vault_keys").values(row).execute();
    return this.#remember(orgId, (await this.#oldestKeyId(orgId)) ?? vaultKeyId);
  }

  #remember(orgId: string, vaultKeyId: string): string {
    if (this.#currentKeyIds.size >= CACHED_KEYS) this.#currentKeyIds.clear();
    this.#currentKeyIds.set(orgId, vaultKeyId);
    return vaultKeyId;
  }

  async #oldestKeyId(orgId: string): Promise<string | undefined> {
    const query = this.#db.kysely.selectFrom("vault_keys").select("vault_key_id").where("org_id", "=", orgId);
    const row = await query.orderBy("created_at_ms").orderBy("vault_key_id").limit(1).executeTakeFirst();
    return row?.vault_key_id;
  }

  async #dataKey(orgId: string, vaultKeyId: string): Promise<Buffer> {
    const cacheKey = `${orgId}:${vaultKeyId}`;
    const cached = this.#keys.get(cacheKey);
    if (cached) return cached;
    const row = await this.#db.kysely
      .selectFrom("vault_keys")
      .select("wrapped_key")
      .where("org_id", "=", orgId)
      .where("vault_key_id", "=", vaultKeyId)
      .executeTakeFirst();
    if (!row) throw new VaultError("vault_key_missing", `The vault has no key ${vaultKeyId}`);
    const key = this.#unwrap(row.wrapped_key, wrapBinding(orgId, vaultKeyId));
    const [oldest] = this.#keys.keys();
    if (this.#keys.size >= CACHED_KEYS && oldest !== undefined) this.#keys.delete(oldest);
    this.#keys.set(cacheKey, key);
    return key;
  }

  #unwrap(wrapped: string, binding: string): Buffer {
    try {
      return openBytes(this.#wrappingKey, wrapped, binding);
    } catch (error) {
      const message = "MILLRACE_SECRET_KEY is not the key that the vault was sealed with";
      throw new VaultError("vault_wrong_key", message, { cause: error });
    }
  }
}

function wrapBinding(orgId: string, vaultKeyId: string): string {
  return `data key ${orgId} ${vaultKeyId}`;
}

function secretBinding(orgId: string, vaultKeyId: string): string {
  return `secret ${orgId} ${vaultKeyId}`;
}
