import type { Transaction } from "kysely";
import { ApiError } from "../../core/index.ts";
import type { Database, Schema } from "../../db/index.ts";
import type { Mailer } from "../../egress/index.ts";
import type { LoginLinks, LinkPurpose } from "./login-links.ts";
import type { LoginThrottle } from "./login-throttle.ts";
import type { KnownUser, Login, LoginBrowser, Logins } from "./logins.ts";
import { emailTaken, isEmailTaken } from "./new-user.ts";
import type { Sessions } from "./sessions.ts";

export interface PasswordLinksOptions {
  db: Database;
  links: LoginLinks;
  logins: Logins;
  sessions: Sessions;
  throttle: LoginThrottle;
  /** Null: no mail goes out. */
  mailer: Mailer | null;
  publicUrl: string;
  onError(error: unknown): void;
}

const HOUR_MS = 3_600_000;
const FIRST_USER = `select user_id, username, email, password_hash from users order by created_at_ms, user_id limit 1`;
const HAS_IDENTITY = "select 1 from user_identities where user_id = $1 limit 1";

/** Passwords set by a one-time link: the instance's first one, and new ones in place of forgotten ones. */
export class PasswordLinks {
  readonly #options: PasswordLinksOptions;

  constructor(options: PasswordLinksOptions) {
    this.#options = options;
  }

  /** Whether forgotten passwords can be replaced by mail. */
  get canMail(): boolean {
    return this.#options.mailer !== null;
  }

  /** Where the owner of a new instance sets a password; null once there is one. */
  async setupUrl(): Promise<string | null> {
    const token = await this.setupToken();
    return token === null ? null : `${this.#options.publicUrl}/setup#${token}`;
  }

  /** What that link holds. */
  async setupToken(): Promise<string | null> {
    const { db, links } = this.#options;
    const [first] = (await db.query<KnownUser>(FIRST_USER)).rows;
    if (!first || first.password_hash !== null) return null;
    if ((await db.query(HAS_IDENTITY, [first.user_id])).rows.length > 0) return null;
    return links.make({ purpose: "setup", userId: first.user_id, expiresAtMs: null }, null);
  }

  /** Where the user with an email sets a new password, for a day: for the operator's eyes only. Null: there is no such user. */
  async resetUrl(email: string): Promise<string | null> {
    const user = await this.#options.logins.findByEmail(email);
    return user && this.#resetUrlOf(user, 24 * HOUR_MS);
  }

  /** Gives the first user an email and a password, once. @throws ApiError 400, 401, 409 */
  async setUp(
    given: { token: string; email: string; password: string; username?: string | undefined },
    from: LoginBrowser,
  ): Promise<Login> {
    const user = await this.#userOf(given.token, "setup");
    const changed = { email: given.email.toLowerCase(), username: given.username ?? user.username };
    const passwordHash = await this.#options.logins.newHash(given.password, { path: "password", user: changed });
    return this.#options.logins.open(user.user_id, {
      ...{ method: "link", from, told: "user.password_set" },
      before: async (trx) => {
        if (await isEmailTaken(trx, changed.email, { except: user.user_id })) throw emailTaken();
        const set = await trx
          .updateTable("users")
          .set({ ...changed, password_hash: passwordHash, email_verified_at_ms: Date.now() })
          .where("user_id", "=", user.user_id)
          .where("password_hash", "is", null)
          .returning("user_id")
          .executeTakeFirst();
        if (!set) throw linkIsDead();
        const ofFormerEmail = trx
          .updateTable("workspaces")
          .set({ email: changed.email })
          .where("email", "=", user.email);
        await ofFormerEmail.execute();
      },
    });
  }

  /**
   * Mails a link to whoever has the email; says nothing about whether there is such a user.
   * @throws ApiError 403 when no mail goes out, 429
   */
  async requestReset(email: string, ip: string): Promise<void> {
    const { mailer, throttle, logins, onError } = this.#options;
    if (!mailer) throw new ApiError("forbidden", "This instance sends no mail; ask its operator for a link");
    await throttle.take({ account: `reset ${email}`, ip, knownDevice: null });
    // After the answer, so that its time tells nothing either.
    void logins
      .findByEmail(email)
      .then(async (user) => {
        if (!user) return;
        const text =
          `Set a new password for your Millrace account within an hour:\n\n${this.#resetUrlOf(user, HOUR_MS)}\n\n` +
          "If you did not ask for this, ignore this mail: your password stays as it is.\n";
        await mailer.send({ to: user.email, subject: "Your new Millrace password", text });
      })
      .catch(onError);
  }

  /** Sets a new password, ends all sessions of the user and opens one. @throws ApiError 400, 401 */
  async reset(given: { token: string; password: string }, from: LoginBrowser): Promise<Login> {
    const { logins, sessions } = this.#options;
    const user = await this.#userOf(given.token, "reset");
    const passwordHash = await logins.newHash(given.password, { path: "password", user });
    const login = await logins.open(user.user_id, {
      ...{ method: "link", from, told: "user.password_set" },
      before: async (trx) => {
        const set = await trx
          .updateTable("users")
          .set({ password_hash: passwordHash })
          .where("user_id", "=", user.user_id)
          .where("password_hash", user.password_hash === null ? "is" : "=", user.password_hash)
          .returning("user_id")
          .executeTakeFirst();
        if (!set) throw linkIsDead();
        await sessions.revokeAll(trx, user.user_id);
        await makeAddressTheirs(trx, user.user_id);
      },
    });
    sessions.forget(user.user_id);
    return login;
  }

  #resetUrlOf(user: KnownUser, forMs: number): string {
    const link = { purpose: "reset" as const, userId: user.user_id, expiresAtMs: Date.now() + forMs };
    return `${this.#options.publicUrl}/reset-password#${this.#options.links.make(link, user.password_hash)}`;
  }

  /** @throws ApiError 401 for a link that is used, expired, not ours or for something else */
  async #userOf(token: string, purpose: LinkPurpose): Promise<KnownUser> {
    const { db, links } = this.#options;
    const link = links.read(token);
    if (link?.purpose !== purpose || (link.expiresAtMs ?? Infinity) <= Date.now()) throw linkIsDead();
    const user = await db.kysely
      .selectFrom("users")
      .select(["user_id", "username", "email", "password_hash"])
      .where("user_id", "=", link.userId)
      .executeTakeFirst();
    if (!user || !links.isGood(token, user.password_hash)) throw linkIsDead();
    return user;
  }
}

/** Who has the mailbox has the account: keys made by whoever signed up with the address before end. */
async function makeAddressTheirs(trx: Transaction<Schema>, userId: string): Promise<void> {
  const verified = await trx
    .updateTable("users")
    .set({ email_verified_at_ms: Date.now() })
    .where("user_id", "=", userId)
    .where("email_verified_at_ms", "is", null)
    .returning("user_id")
    .executeTakeFirst();
  if (verified) await trx.deleteFrom("api_keys").where("user_id", "=", userId).execute();
}

function linkIsDead(): ApiError {
  return new ApiError("unauthorized", "This link was used, has expired or is not whole; ask for another");
}
