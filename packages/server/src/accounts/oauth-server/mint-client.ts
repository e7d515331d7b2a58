import { randomBase62 } from "../../core/index.ts";
import { secretHash } from "../secret-hash.ts";

export type OauthClientRole = "admin" | "member" | "viewer";

export interface NewOauthClient {
  orgId: string;
  name: string;
  /** What its tokens may do in the workspace; `admin` when absent. */
  role?: OauthClientRole;
  /** The most that its tokens may have; `*` when absent. */
  scopes?: readonly string[];
}

const SECRET_LENGTH = 48;
const ID_LENGTH = 32;
const HINT_LENGTH = 4;

/** Makes a client's secret, and what is kept of it. The secret exists only here. */
export function mintClientSecret() {
  const secret = randomBase62(SECRET_LENGTH);
  return { secret, row: { secret_hash: secretHash(secret), secret_hint: secret.slice(-HINT_LENGTH) } };
}

/** Makes a client: its secret, and the row to keep of it. */
export function mintOauthClient(wanted: NewOauthClient) {
  const { secret, row } = mintClientSecret();
  return {
    secret,
    row: {
      ...row,
      org_id: wanted.orgId,
      client_id: randomBase62(ID_LENGTH),
      name: wanted.name,
      role: wanted.role ?? "admin",
      scopes: [...new Set(wanted.scopes ?? ["*"])],
      created_at_ms: Date.now(),
      revoked_at_ms: null,
      previous_secret_hash: null,
      previous_secret_expires_at_ms: null,
      last_used_at_ms: null,
    },
  };
}
