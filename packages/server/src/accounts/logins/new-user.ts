import { sql, type Transaction } from "kysely";
import { ApiError, newId, randomBase62 } from "../../core/index.ts";
import type { Schema } from "../../db/index.ts";

export interface NewUser {
  email: string;
  /** Absent: made of the email. */
  username?: string | undefined;
  passwordHash: string | null;
  /** The address is theirs: a provider or a mail of ours has shown it. */
  isEmailVerified: boolean;
}

const ATTEMPTS = 5;
const SUFFIX_LENGTH = 4;

/** @returns the new user's id. @throws ApiError 409 when the email or the chosen name is taken */
export async function insertUser(trx: Transaction<Schema>, user: NewUser): Promise<string> {
  const email = user.email.toLowerCase();
  if (await isEmailTaken(trx, email)) throw emailTaken();
  const made = user.username ?? (email.split("@")[0] ?? "user").slice(0, 60);
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const nowMs = Date.now();
    const row = {
      user_id: newId("user"),
      username: attempt === 1 ? made : `${made}-${randomBase62(SUFFIX_LENGTH).toLowerCase()}`,
      ...{ email, password_hash: user.passwordHash, created_at_ms: nowMs },
      email_verified_at_ms: user.isEmailVerified ? nowMs : null,
    };
    const inserted = await trx
      .insertInto("users")
      .values(row)
      .onConflict((conflict) => conflict.doNothing())
      .returning("user_id")
      .executeTakeFirst();
    if (inserted) return inserted.user_id;
    if (await isEmailTaken(trx, email)) throw emailTaken();
    if (user.username !== undefined) throw new ApiError("conflict", `The name ${user.username} is taken`);
  }
  throw new ApiError("conflict", "Choose another name");
}

/** Whether a user has an address, but perhaps for one. */
export async function isEmailTaken(
  trx: Transaction<Schema>,
  email: string,
  options: { except?: string } = {},
): Promise<boolean> {
  const { rows } = await sql`select 1 from users
    where lower(email) = lower(${email}) and user_id <> ${options.except ?? ""}`.execute(trx);
  return rows.length > 0;
}

export function emailTaken(): ApiError {
  return new ApiError("conflict", "There is an account with this email already; log in with it");
}
