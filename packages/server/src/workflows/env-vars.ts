import type { Kysely } from "kysely";
import type { Vault } from "../accounts/index.ts";
import { invalidInput, type ErrorDetail } from "../core/index.ts";
import { notifyWithin, type Database, type Schema } from "../db/index.ts";

export interface EnvVarsOptions {
  db: Database;
  vault: Pick<Vault, "seal" | "open">;
}

/** Whose variables: a project's, or the whole workspace's. */
export interface EnvScope {
  readonly orgId: string;
  readonly projectId: string | null;
}

export interface EnvVarName {
  readonly name: string;
  readonly updatedAtMs: number;
}

type Values = Readonly<Record<string, string>>;

const TOPIC = "environment_variables";
const WHOLE_WORKSPACE = "";
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const RESERVED = /^(?:PIPEDREAM|MILLRACE)_/i;
const MAX_VALUE_BYTES = 64 * 1024;
const MAX_NAME_LENGTH = 200;
const MAX_VARIABLES = 1_000;
const MAX_CACHED = 1_000;

/** Environment variables of workspaces and projects: written, listed by name, and read by running workflows only. */
export class EnvVars {
  readonly #options: EnvVarsOptions;
  readonly #values = new Map<string, Promise<Values>>();
  #stopListening: (() => void) | null = null;

  constructor(options: EnvVarsOptions) {
    this.#options = options;
  }

  /** Hears from every node whose variables changed. */
  start(): void {
    this.#stopListening = this.#options.db.listen(TOPIC, (hint) => {
      this.#forget(hint.type === "message" && typeof hint.payload === "string" ? hint.payload : null);
    });
  }

  stop(): void {
    this.#stopListening?.();
    this.#stopListening = null;
  }

  /** Sets what is named and removes what is null; the rest stays. @throws ApiError 400 that names every problem */
  async put({ orgId, projectId }: EnvScope, values: Readonly<Record<string, string | null>>): Promise<void> {
    const problems = Object.entries(values).flatMap(([name, value]) => problemsOf(name, value));
    if (Object.keys(values).length > MAX_VARIABLES) {
      problems.push({ path: "body", message: `may have ${MAX_VARIABLES} variables` });
    }
    if (problems.length > 0) throw invalidInput(problems);
    const place = { org_id: orgId, project_id: projectId ?? WHOLE_WORKSPACE };
    await this.#options.db.transaction(async (trx) => {
      for (const [name, value] of Object.entries(values)) await this.#write(trx, { ...place, name }, value);
      await notifyWithin(trx, { topic: TOPIC, payload: orgId });
    });
    this.#forget(orgId);
  }

  /** By name. */
  async list({ orgId, projectId }: EnvScope): Promise<EnvVarName[]> {
    const rows = await this.#options.db.kysely
      .selectFrom("environment_variables")
      .select(["name", "updated_at_ms"])
      .where("org_id", "=", orgId)
      .where("project_id", "=", projectId ?? WHOLE_WORKSPACE)
      .orderBy("name")
      .execute();
    return rows.map((row) => ({ name: row.name, updatedAtMs: row.updated_at_ms }));
  }

  /** What a workflow sees: the workspace's variables, and over them its project's. From memory whenever it can be. */
  async valuesFor(orgId: string, projectId: string | null): Promise<Values> {
    const key = `${orgId} ${projectId ?? WHOLE_WORKSPACE}`;
    const known = this.#values.get(key);
    if (known) return known;
    if (this.#values.size >= MAX_CACHED) this.#values.clear();
    const reading = this.#read(orgId, projectId);
    this.#values.set(key, reading);
    reading.catch(() => this.#values.get(key) === reading && this.#values.delete(key));
    return reading;
  }

  async #read(orgId: string, projectId: string | null): Promise<Values> {
    const rows = await this.#options.db.kysely
      .selectFrom("environment_variables")
      .select(["name", "vault_key_id", "sealed_value"])
      .where("org_id", "=", orgId)
      .where("project_id", "in", [WHOLE_WORKSPACE, projectId ?? WHOLE_WORKSPACE])
      // The whole workspace's come first.
      .orderBy("project_id")
      .execute();
    const values: Record<string, string> = {};
    for (const row of rows)
      values[row.name] = await this.#options.vault.open(orgId, row.vault_key_id, row.sealed_value);
    return values;
  }

  async #write(
    trx: Kysely<Schema>,
    place: { org_id: string; project_id: string; name: string },
    value: string | null,
  ): Promise<void> {
    if (value === null) {
      await trx
        .deleteFrom("environment_variables")
        .where("org_id", "=", place.org_id)
        .where("project_id", "=", place.project_id)
        .where("name", "=", place.name)
        .execute();
      return;
    }
    const { vaultKeyId, sealed } = await this.#options.vault.seal(place.org_id, value);
    const state = { vault_key_id: vaultKeyId, sealed_value: sealed, updated_at_ms: Date.now() };
    await trx
      .insertInto("environment_variables")
      .values({ ...place, ...state })
      .onConflict((conflict) => conflict.columns(["org_id", "project_id", "name"]).doUpdateSet(state))
      .execute();
  }

  /** Null: of every workspace. */
  #forget(orgId: string | null): void {
    for (const key of this.#values.keys()) if (orgId === null || key.startsWith(`${orgId} `)) this.#values.delete(key);
  }
}

function problemsOf(name: string, value: string | null): ErrorDetail[] {
  if (!NAME.test(name) || name.length > MAX_NAME_LENGTH) {
    return [{ path: name, message: "is no name: letters, digits and underscores, without a digit first" }];
  }
  if (RESERVED.test(name)) return [{ path: name, message: "begins with a prefix that is the platform's own" }];
  const isTooLong = value !== null && Buffer.byteLength(value) > MAX_VALUE_BYTES;
  return isTooLong ? [{ path: name, message: `may have ${MAX_VALUE_BYTES} bytes` }] : [];
}
