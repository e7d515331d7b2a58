import { timingSafeEqual } from "node:crypto";
import type { Database } from "../../db/index.ts";
import { secretHash } from "../secret-hash.ts";
import type { OauthClientRole } from "./mint-client.ts";

/** What checking a client and its tokens needs. */
export interface KnownClient {
  readonly clientId: string;
  readonly orgId: string;
  readonly role: OauthClientRole;
  readonly scopes: readonly string[];
  readonly secretHash: string;
  readonly previousSecretHash: string | null;
  readonly previousSecretExpiresAtMs: number | null;
}

interface ClientRow {
  client_id: string;
  org_id: string;
  role: OauthClientRole;
  scopes: string[];
  secret_hash: string;
  previous_secret_hash: string | null;
  previous_secret_expires_at_ms: number | null;
}

const SELECT = `select client_id, org_id, role, scopes, secret_hash, previous_secret_hash, previous_secret_expires_at_ms
  from oauth_clients where revoked_at_ms is null`;

/** All clients of the instance, in memory. */
export class ClientDirectory {
  readonly #db: Database;
  #clients = new Map<string, KnownClient>();
  /** Moves with every load: what was looked up during one may be older than it. */
  #generation = 0;

  constructor(db: Database) {
    this.#db = db;
  }

  async load(): Promise<void> {
    const { rows } = await this.#db.query<ClientRow>(SELECT);
    this.#generation += 1;
    this.#clients = new Map(rows.map((row) => [row.client_id, clientOf(row)]));
  }

  /** What memory knows. */
  peek(clientId: string): KnownClient | undefined {
    return this.#clients.get(clientId);
  }

  /** Asks the database, for a client that another node may just have made. */
  async look(clientId: string): Promise<KnownClient | undefined> {
    const generation = this.#generation;
    const { rows } = await this.#db.query<ClientRow>(`${SELECT} and client_id = $1`, [clientId]);
    const [row] = rows;
    if (!row) return undefined;
    const client = clientOf(row);
    if (generation === this.#generation) this.#clients.set(clientId, client);
    return client;
  }
}

/** Whether a secret is one of the client's that work now. */
export function secretOpens(client: KnownClient, secret: string, nowMs: number): boolean {
  const hash = Buffer.from(secretHash(secret));
  const isSame = (other: string): boolean => timingSafeEqual(hash, Buffer.from(other));
  if (isSame(client.secretHash)) return true;
  const { previousSecretHash, previousSecretExpiresAtMs } = client;
  if (previousSecretHash === null || (previousSecretExpiresAtMs ?? 0) <= nowMs) return false;
  return isSame(previousSecretHash);
}

function clientOf(row: ClientRow): KnownClient {
  return {
    clientId: row.client_id,
    orgId: row.org_id,
    role: row.role,
    scopes: row.scopes,
    secretHash: row.secret_hash,
    previousSecretHash: row.previous_secret_hash,
    previousSecretExpiresAtMs: row.previous_secret_expires_at_ms,
  };
}
