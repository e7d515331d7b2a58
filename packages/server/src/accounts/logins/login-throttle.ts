import { createHash } from "node:crypto";
import ipaddr from "ipaddr.js";
import { sql, type Transaction } from "kysely";
import { ApiError } from "../../core/index.ts";
import type { Database, Schema } from "../../db/index.ts";

/** Attempts that are counted together: `burst` at once, then one in `everyMs`. */
interface Bucket {
  subject: string;
  burst: number;
  everyMs: number;
  /** A success empties the count; else it gives back the one attempt. */
  isForgiven: boolean;
}

/** Who tries, and what. */
export interface LoginAttempt {
  /** The account's email as it was typed, or its id; null: no account is named. */
  account: string | null;
  ip: string;
  /** The browser has shown that this account logged in with it before. */
  knownDevice: string | null;
}

const MINUTE_MS = 60_000;
// The database's clock decides, so that nodes with different clocks agree.
const NOW = sql`(extract(epoch from clock_timestamp()) * 1000)::bigint`;

/**
 * Counts attempts to log in, over all nodes, before the password is looked at, so that many at once gain nothing. A
 * refused attempt is not counted: the wait never grows beyond what the buckets say. An account is slowed down as a whole
 * when it is attacked from many places; a browser that has logged in to it before has a count of its own, so that its
 * owner gets in all the same.
 */
export class LoginThrottle {
  readonly #db: Database;

  constructor(options: { db: Database }) {
    this.#db = options.db;
  }

  /** Counts an attempt. @throws ApiError 429 with Retry-After */
  async take(attempt: LoginAttempt): Promise<void> {
    const buckets = bucketsOf(attempt);
    await this.#db.transaction(async (trx) => {
      for (const bucket of buckets) await takeFrom(trx, bucket);
    });
  }

  /** The attempt was good: it does not count. */
  async giveBack(attempt: LoginAttempt): Promise<void> {
    await this.#db.transaction(async (trx) => {
      for (const { subject, everyMs, isForgiven } of bucketsOf(attempt)) {
        const spentMs = isForgiven ? Number.MAX_SAFE_INTEGER : everyMs;
        await sql`update login_buckets set full_at_ms = greatest(0, full_at_ms - ${spentMs}::bigint)
          where subject = ${subject}`.execute(trx);
      }
    });
  }

  /** Removes the rows of buckets that are full. */
  async prune(): Promise<void> {
    await sql`delete from login_buckets where full_at_ms < ${NOW}`.execute(this.#db.kysely);
  }
}

/** In one order everywhere, so that transactions do not wait for each other in circles. */
function bucketsOf({ account, ip, knownDevice }: LoginAttempt): Bucket[] {
  const accountKey = account === null ? null : createHash("sha256").update(account.toLowerCase()).digest("base64url");
  if (accountKey !== null && knownDevice !== null) {
    return [{ subject: `device ${accountKey} ${knownDevice}`, burst: 10, everyMs: MINUTE_MS, isForgiven: true }];
  }
  const network = networkOf(ip);
  const byAddress = { subject: `address ${network}`, burst: 50, everyMs: MINUTE_MS / 6, isForgiven: false };
  if (accountKey === null) return [byAddress];
  return [
    byAddress,
    { subject: `both ${accountKey} ${network}`, burst: 5, everyMs: MINUTE_MS, isForgiven: true },
    { subject: `account ${accountKey}`, burst: 50, everyMs: MINUTE_MS / 2, isForgiven: false },
  ].toSorted((a, b) => (a.subject < b.subject ? -1 : 1));
}

/** An IPv4 address, or the /64 that one subscriber of IPv6 has to itself. */
export function networkOf(ip: string): string {
  if (!ipaddr.isValid(ip)) return ip;
  const address = ipaddr.process(ip);
  if (address.kind() === "ipv4") return address.toString();
  return `${address.toNormalizedString().split(":").slice(0, 4).join(":")}::/64`;
}

async function takeFrom(trx: Transaction<Schema>, { subject, burst, everyMs }: Bucket): Promise<void> {
  const savedMs = everyMs * (burst - 1);
  const taken = await sql`
    insert into login_buckets as b (subject, full_at_ms) values (${subject}, ${NOW} + ${everyMs}::bigint)
    on conflict (subject) do update set full_at_ms = greatest(b.full_at_ms, ${NOW}) + ${everyMs}::bigint
      where b.full_at_ms - ${NOW} <= ${savedMs}::bigint
    returning 1`.execute(trx);
  if (taken.rows.length > 0) return;
  const { rows } = await sql<{ wait_ms: number }>`select full_at_ms - ${NOW} - ${savedMs}::bigint as wait_ms
    from login_buckets where subject = ${subject}`.execute(trx);
  const retryAfterSeconds = Math.max(1, Math.ceil((rows[0]?.wait_ms ?? 0) / 1000));
  const message = `Too many attempts; try again in ${retryAfterSeconds} seconds`;
  throw new ApiError("rate_limited", message, { retryAfterSeconds });
}
