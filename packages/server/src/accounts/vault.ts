import { randomBytes } from "node:crypto";
import type { Kysely, Transaction } from "kysely";
import { StartupError, newId } from "../core/index.ts";
import type { Database, Schema } from "../db/index.ts";
import { SealError, openBytes, sealBytes } from "./sealed-box.ts";
import { derivedKey } from "./secret-hash.ts";

const CACHED_KEYS = 1000;
/** A key that was retired elsewhere seals on for at most so long here; it is kept much longer than that. */
const CURRENT_KEY_MS = 60_000;
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

export interface VaultOptions {
  db: Database;
  secretKey: Uint8Array;
  /** Secret keys of the instance before this one: `verify` wraps anew what they wrapped. */
  formerSecretKeys?: readonly Uint8Array[];
}

/**
 * Keeps secrets of workspaces at rest by envelope encryption: each workspace has a data key, stored wrapped by the
 * instance's secret key. Both are AES-256-GCM and bound to workspace and key id, so neither can be moved elsewhere.
 */
export class Vault {
  readonly #db: Database;
  readonly #wrappingKey: Buffer;
  readonly #instanceSecrets: readonly Uint8Array[];
  /** Unwrapped data keys by `org:key`, oldest first. */
  readonly #keys = new Map<string, Buffer>();
  readonly #currentKeyIds = new Map<string, { vaultKeyId: string; untilMs: number }>();

  constructor(options: VaultOptions) {
    this.#db = options.db;
    this.#instanceSecrets = [options.secretKey, ...(options.formerSecretKeys ?? [])];
    this.#wrappingKey = wrappingKeyOf(options.secretKey);
  }

  /**
   * Checks that the instance's secret key is the one that this database is sealed with. When a former key is, everything
   * that it wrapped is wrapped by the present one first: all of it, or nothing.
   * @throws StartupError `config_invalid` when none of the keys fits; nothing is changed then
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
    if (opens(this.#wrappingKey, stored.value)) return;
    const former = this.#instanceSecrets.slice(1).map(wrappingKeyOf);
    const fitting = former.find((key) => opens(key, stored.value));
    if (fitting) return this.#db.transaction((trx) => this.#wrapAnew(trx, fitting));
    const message =
      "MILLRACE_SECRET_KEY (or the secret key file in the data directory) is not the key that this database's " +
      "secrets were sealed with. Nothing was changed; start with the former key, or name it in MILLRACE_SECRET_KEY_FORMER.";
    throw new StartupError("config_invalid", message);
  }

  async #wrapAnew(trx: Transaction<Schema>, former: Buffer): Promise<void> {
    const setting = trx.selectFrom("instance_settings").select("value").where("name", "=", CHECK_SETTING).forUpdate();
    const { value } = await setting.executeTakeFirstOrThrow();
    // Another node was faster.
    if (opens(this.#wrappingKey, value)) return;
    const rows = await trx.selectFrom("vault_keys").selectAll().forUpdate().execute();
    for (const { org_id, vault_key_id, wrapped_key } of rows) {
      const binding = wrapBinding(org_id, vault_key_id);
      const wrapped = sealBytes(this.#wrappingKey, openBytes(former, wrapped_key, binding), binding);
      const changed = trx.updateTable("vault_keys").set({ wrapped_key: wrapped }).where("org_id", "=", org_id);
      await changed.where("vault_key_id", "=", vault_key_id).execute();
    }
    const check = sealBytes(this.#wrappingKey, Buffer.from(CHECK_TEXT), CHECK_SETTING);
    await trx.updateTable("instance_settings").set({ value: check }).where("name", "=", CHECK_SETTING).execute();
  }

  /** Gives a workspace a new key for what is sealed from now on. What older ones sealed opens as before. */
  async rotate(orgId: string): Promise<string> {
    const vaultKeyId = await this.#db.transaction(async (trx) => {
      const nowMs = Date.now();
      const older = trx.updateTable("vault_keys").set({ retired_at_ms: nowMs }).where("org_id", "=", orgId);
      await older.where("retired_at_ms", "is", null).execute();
      return this.#insertKey(trx, orgId);
    });
    return this.#remember(orgId, vaultKeyId);
  }

  /** Seals a text for a workspace. @throws VaultError when the workspace's key does not open */
  async seal(orgId: string, text: string): Promise<SealedText> {
    const known = this.#currentKeyIds.get(orgId);
    const vaultKeyId = known && known.untilMs > Date.now() ? known.vaultKeyId : await this.#currentKeyId(orgId);
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
    const keys = this.#instanceSecrets.map((secret) => derivedKey(secret, `box: ${purpose}`));
    const [present = Buffer.alloc(0)] = keys;
    return {
      seal: (text) => sealBytes(present, Buffer.from(text, "utf8"), purpose),
      open: (sealed) => {
        const fitting = keys.find((key) => opens(key, sealed, purpose)) ?? present;
        return openBytes(fitting, sealed, purpose).toString("utf8");
      },
    };
  }

  /** The workspace's oldest key that is not retired, made at first use. Two nodes may make one each: both stay valid. */
  async #currentKeyId(orgId: string): Promise<string> {
    const existing = await this.#oldestKeyId(orgId);
    if (existing !== undefined) return this.#remember(orgId, existing);
    const vaultKeyId = await this.#insertKey(this.#db.kysely, orgId);
    return this.#remember(orgId, (await this.#oldestKeyId(orgId)) ?? vaultKeyId);
  }

  async #insertKey(db: Kysely<Schema>, orgId: string): Promise<string> {
    const vaultKeyId = newId("vaultKey");
    const wrapped = sealBytes(this.#wrappingKey, randomBytes(32), wrapBinding(orgId, vaultKeyId));
    const row = { org_id: orgId, vault_key_id: vaultKeyId, wrapped_key: wrapped, created_at_ms: Date.now() };
    await db.insertInto("vault_keys").values(row).execute();
    return vaultKeyId;
  }

  #remember(orgId: string, vaultKeyId: string): string {
    if (this.#currentKeyIds.size >= CACHED_KEYS) this.#currentKeyIds.clear();
    this.#currentKeyIds.set(orgId, { vaultKeyId, untilMs: Date.now() + CURRENT_KEY_MS });
    return vaultKeyId;
  }

  async #oldestKeyId(orgId: string): Promise<string | undefined> {
    const keys = this.#db.kysely.selectFrom("vault_keys").select("vault_key_id").where("org_id", "=", orgId);
    const query = keys.where("retired_at_ms", "is", null);
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

function wrappingKeyOf(secretKey: Uint8Array): Buffer {
  return derivedKey(secretKey, "vault wrapping key v1");
}

function opens(key: Uint8Array, sealed: string, boundTo = CHECK_SETTING): boolean {
  try {
    openBytes(key, sealed, boundTo);
    return true;
  } catch (error) {
    if (error instanceof SealError) return false;
    throw error;
  }
}

function wrapBinding(orgId: string, vaultKeyId: string): string {
  return `data key ${orgId} ${vaultKeyId}`;
}

function secretBinding(orgId: string, vaultKeyId: string): string {
  return `secret ${orgId} ${vaultKeyId}`;
}
