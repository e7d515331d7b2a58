import { sql, type Transaction } from "kysely";
import { newId } from "../core/index.ts";
import type { Database, Schema } from "../db/index.ts";
import { mintApiKey } from "./api-keys.ts";
import { mintOauthClient } from "./oauth-server/index.ts";

/** What the first start hands to the person who made it. */
export interface FirstCredentials {
  api_key: string;
  user_id: string;
  org_id: string;
  project_id: string;
  oauth_client_id: string;
  oauth_client_secret: string;
}

export interface FirstUserOptions {
  /**
   * Called with the credentials before they count: when it fails, or the process dies, nothing was made and the next
   * start tries again. The secrets cannot be read later.
   */
  keep(credentials: FirstCredentials): Promise<void>;
}

// Any number that no other advisory lock of ours uses.
const LOCK = 7_270_001;

/**
 * Makes the first user with a workspace, a project, an API key and an OAuth client, once per instance whatever the number
 * of nodes that start at the same moment. Null: they are there already.
 */
export async function ensureFirstUser(db: Database, options: FirstUserOptions): Promise<FirstCredentials | null> {
  const existing = await db.kysely.selectFrom("users").select("user_id").limit(1).executeTakeFirst();
  if (existing) return null;
  return db.transaction(async (trx) => {
    await sql`select pg_advisory_xact_lock(${LOCK})`.execute(trx);
    const winner = await trx.selectFrom("users").select("user_id").limit(1).executeTakeFirst();
    if (winner) return null;
    const credentials = await insertAll(trx);
    await options.keep(credentials);
    return credentials;
  });
}

async function insertAll(trx: Transaction<Schema>): Promise<FirstCredentials> {
  const created_at_ms = Date.now();
  const user_id = newId("user");
  const org_id = newId("workspace");
  const project_id = newId("project");
  const email = "admin@localhost";
  await trx.insertInto("users").values({ user_id, username: "admin", email, created_at_ms }).execute();
  const workspace = { org_id, orgname: "default", name: "Default workspace", email, created_at_ms };
  await trx.insertInto("workspaces").values(workspace).execute();
  await trx.insertInto("memberships").values({ org_id, user_id, role: "owner", created_at_ms }).execute();
  await trx.insertInto("projects").values({ org_id, project_id, name: "Default project", created_at_ms }).execute();
  const { key, row } = mintApiKey({ userId: user_id, orgId: null, name: "First key" });
  await trx.insertInto("api_keys").values(row).execute();
  const client = mintOauthClient({ orgId: org_id, name: "First client" });
  await trx.insertInto("oauth_clients").values(client.row).execute();
  return {
    api_key: key,
    user_id,
    org_id,
    project_id,
    oauth_client_id: client.row.client_id,
    oauth_client_secret: client.secret,
  };
}
