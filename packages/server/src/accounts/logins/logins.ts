import type { Transaction } from "kysely";
import { ApiError, invalidInput, randomBase62, type UserPrincipal } from "../../core/index.ts";
import type { Database, Schema } from "../../db/index.ts";
import type { AuditEvent, AuditLog } from "../audit-log.ts";
import type { Vault } from "../vault.ts";
import type { LoginAttempt, LoginThrottle } from "./login-throttle.ts";
import { insertUser, type NewUser } from "./new-user.ts";
import { passwordProblems, type Passwords } from "./passwords.ts";
import type { Browser, LoginMethod, NewSession, Sessions } from "./sessions.ts";

export interface LoginsOptions {
  db: Database;
  vault: Vault;
  audit: AuditLog;
  passwords: Passwords;
  sessions: Sessions;
  throttle: LoginThrottle;
}

/** The browser of somebody who logs in, with what it was given at an earlier login. */
export interface LoginBrowser extends Browser {
  deviceToken: string | null;
}

/** A login that succeeded. */
export interface Login extends NewSession {
  userId: string;
  /** Lets this browser log in while its account is under attack. */
  deviceToken: string;
}

export interface KnownUser {
  user_id: string;
  username: string;
  email: string;
  password_hash: string | null;
}

const DEVICE_ID_LENGTH = 22;
const WRONG = "The email or the password is wrong";

/** Logging in with a password, and changing it. */
export class Logins {
  readonly #options: LoginsOptions;
  readonly #devices: { seal(text: string): string; open(sealed: string): string };

  constructor(options: LoginsOptions) {
    this.#options = options;
    this.#devices = options.vault.instanceBox("known devices v1");
  }

  /**
   * Logs in with email and password. An unknown email, an account without a password and a wrong password look the same
   * and take the same time.
   * @throws ApiError 401, 429
   */
  async logIn(given: { email: string; password: string }, from: LoginBrowser): Promise<Login> {
    const user = await this.findByEmail(given.email);
    await this.#verify(given.password, { user, account: given.email, from });
    if (!user) throw new ApiError("unauthorized", WRONG);
    return this.open(user.user_id, { method: "password", from, told: "user.logged_in" });
  }

  /** Opens a session for a user who has shown who they are, and tells the audit log. */
  async open(
    userId: string,
    login: {
      method: LoginMethod;
      from: LoginBrowser;
      told: AuditEvent;
      before?(trx: Transaction<Schema>): Promise<void>;
    },
  ): Promise<Login> {
    const { method, from, told } = login;
    const session = await this.#options.db.transaction(async (trx) => {
      await login.before?.(trx);
      return this.#options.sessions.open(trx, { userId, method, from });
    });
    const by = { userId, credentialId: session.sessionId, ip: from.ip };
    await this.#options.audit.recordOfUser({ ...by, action: told, details: { method } });
    return { ...session, userId, deviceToken: this.#deviceTokenFor(userId, from.deviceToken) };
  }

  /**
   * Sets a new password and ends the user's other sessions.
   * @throws ApiError 400 for a bad password, 401 for a wrong current one, 429
   */
  async changePassword(
    principal: UserPrincipal,
    change: { current: string | null; next: string; from: LoginBrowser },
  ): Promise<void> {
    const { userId, credential } = principal;
    const user = await this.#options.db.kysely
      .selectFrom("users")
      .select(["user_id", "username", "email", "password_hash"])
      .where("user_id", "=", userId)
      .executeTakeFirstOrThrow();
    if (user.password_hash !== null) {
      await this.#verify(change.current ?? "", { user, account: user.email, from: change.from });
    }
    const passwordHash = await this.newHash(change.next, { path: "new_password", user });
    await this.#options.db.transaction(async (trx) => {
      await trx.updateTable("users").set({ password_hash: passwordHash }).where("user_id", "=", userId).execute();
      await this.#options.sessions.revokeAll(trx, userId, { except: credential.id });
    });
    this.#options.sessions.forget(userId);
    const entry = { userId, credentialId: credential.id, ip: change.from.ip };
    await this.#options.audit.recordOfUser({ ...entry, action: "user.password_set" });
  }

  /** The hash of a password that somebody chose. @throws ApiError 400 */
  async newHash(
    password: string,
    options: { path: string; user: Pick<KnownUser, "email" | "username"> },
  ): Promise<string> {
    const { email, username } = options.user;
    const known = [email, username, email.split("@")[0] ?? "", "millrace"];
    const problems = passwordProblems(password, { path: options.path, known });
    if (problems.length > 0) throw invalidInput(problems);
    return this.#options.passwords.hash(password);
  }

  /** @returns the new user's id. @throws ApiError 409 */
  createUser(user: NewUser, join?: (trx: Transaction<Schema>, userId: string) => Promise<void>): Promise<string> {
    return this.#options.db.transaction(async (trx) => {
      const userId = await insertUser(trx, user);
      await join?.(trx, userId);
      return userId;
    });
  }

  async findByEmail(email: string): Promise<KnownUser | null> {
    const { rows } = await this.#options.db.query<KnownUser>(
      "select user_id, username, email, password_hash from users where lower(email) = lower($1)",
      [email],
    );
    return rows[0] ?? null;
  }

  async #verify(
    password: string,
    { user, account, from }: { user: KnownUser | null; account: string; from: LoginBrowser },
  ): Promise<void> {
    const knownDevice = user && this.#deviceOf(user.user_id, from.deviceToken);
    const attempt: LoginAttempt = { account, ip: from.ip, knownDevice };
    await this.#options.throttle.take(attempt);
    const isRight = await this.#options.passwords.verify(password, user?.password_hash ?? null);
    if (!isRight) throw new ApiError("unauthorized", WRONG);
    await this.#options.throttle.giveBack(attempt);
  }

  /** The id of a browser that this user has logged in with; null for any other. */
  #deviceOf(userId: string, deviceToken: string | null): string | null {
    if (deviceToken === null) return null;
    try {
      const [owner, id] = this.#devices.open(deviceToken).split(" ");
      return owner === userId && id !== undefined ? id : null;
    } catch {
      return null;
    }
  }

  #deviceTokenFor(userId: string, former: string | null): string {
    const isKnown = former !== null && this.#deviceOf(userId, former) !== null;
    return isKnown ? former : this.#devices.seal(`${userId} ${randomBase62(DEVICE_ID_LENGTH)}`);
  }
}
