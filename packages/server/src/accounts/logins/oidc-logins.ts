import { sql, type Transaction } from "kysely";
import { ApiError } from "../../core/index.ts";
import type { Database, Schema } from "../../db/index.ts";
import type { Invitations } from "../members/index.ts";
import type { Vault } from "../vault.ts";
import type { Login, LoginBrowser, Logins } from "./logins.ts";
import { insertUser } from "./new-user.ts";
import type { OidcClient, OidcPerson, OidcRound } from "./oidc-client.ts";
import type { SignUps } from "./sign-ups.ts";

export interface OidcLoginsOptions {
  db: Database;
  vault: Vault;
  client: OidcClient;
  logins: Logins;
  signUps: SignUps;
  invitations: Invitations;
}

/** What the browser keeps while it is away at the provider, sealed. */
interface Trip extends OidcRound {
  returnTo: string;
  startedAtMs: number;
}

interface FoundUser {
  user_id: string;
  email_verified_at_ms: number | null;
}

export const TRIP_SECONDS = 600;
const OWN_PATH = /^\/(?![/\\])[^\s\\]*$/;

/** Logging in at the instance's identity provider. */
export class OidcLogins {
  readonly #options: OidcLoginsOptions;
  readonly #trips: { seal(text: string): string; open(sealed: string): string };

  constructor(options: OidcLoginsOptions) {
    this.#options = options;
    this.#trips = options.vault.instanceBox("identity provider trips v1");
  }

  get name(): string {
    return this.#options.client.settings.name;
  }

  /**
   * Begins a login. `trip` goes into a cookie of this browser, without which the answer is worth nothing.
   * @param returnTo path of this instance to end at; anything else means its front page
   */
  async begin(returnTo: string): Promise<{ url: string; trip: string }> {
    const { url, round } = await this.#options.client.begin();
    const trip: Trip = { ...round, returnTo: OWN_PATH.test(returnTo) ? returnTo : "/", startedAtMs: Date.now() };
    return { url, trip: this.#trips.seal(JSON.stringify(trip)) };
  }

  /**
   * Ends a login. `loggedInUserId` is whose session the browser has, if any: to that user an identity may be added.
   * @throws ApiError 401, 403 for people whom this instance does not take, 409 for an email that was never verified, 503
   */
  async finish(
    answer: URLSearchParams,
    given: { trip: string | null; loggedInUserId: string | null; from: LoginBrowser },
  ): Promise<{ login: Login; returnTo: string }> {
    const trip = this.#openTrip(given.trip);
    const person = await this.#options.client.finish(answer, trip);
    const { userId, isNew } = await this.#userFor(person, given.loggedInUserId);
    const told = isNew ? "user.signed_up" : "user.logged_in";
    const login = await this.#options.logins.open(userId, { method: "oidc", from: given.from, told });
    return { login, returnTo: trip.returnTo };
  }

  #openTrip(sealed: string | null): Trip {
    try {
      const trip = JSON.parse(this.#trips.open(sealed ?? "")) as Trip;
      if (Date.now() - trip.startedAtMs < TRIP_SECONDS * 1000) return trip;
    } catch {
      // Told below: a trip that is not ours is like none.
    }
    throw new ApiError("unauthorized", "This login took too long or began in another browser; begin again");
  }

  async #userFor(person: OidcPerson, loggedInUserId: string | null): Promise<{ userId: string; isNew: boolean }> {
    const email = this.#admittedEmail(person);
    const { db, signUps } = this.#options;
    const outcome = await db.transaction(async (trx) => {
      const known = await userOfIdentity(trx, person);
      if (known !== null) return { userId: known, isNew: false, isAlone: false };
      const found = await userOfEmail(trx, email);
      if (!found) return { ...(await this.#signUp(trx, { person, email })), isNew: true };
      // Somebody may have signed up with an address of another: it must not become the other's account.
      if (found.email_verified_at_ms === null && found.user_id !== loggedInUserId) {
        const message = `Log in with the password of ${email} first, then once more with ${this.name} to connect the two`;
        throw new ApiError("conflict", message);
      }
      await addIdentity(trx, { person, userId: found.user_id });
      return { userId: found.user_id, isNew: false, isAlone: false };
    });
    if (outcome.isAlone) await signUps.giveWorkspace(outcome.userId, email.split("@")[0] ?? email);
    return outcome;
  }

  /** @throws ApiError 403 */
  #admittedEmail({ verifiedEmail }: OidcPerson): string {
    if (verifiedEmail === null) throw new ApiError("forbidden", `${this.name} has not verified your email address`);
    const { allowedDomains } = this.#options.client.settings;
    const domain = verifiedEmail.split("@").at(-1) ?? "";
    if (allowedDomains.length > 0 && !allowedDomains.includes(domain)) {
      throw new ApiError("forbidden", `This instance does not take people of ${domain}`);
    }
    return verifiedEmail;
  }

  /** A new user: whoever is invited, and anybody where sign-up is open or the domain is one that the operator named. */
  async #signUp(
    trx: Transaction<Schema>,
    { person, email }: { person: OidcPerson; email: string },
  ): Promise<{ userId: string; isAlone: boolean }> {
    const { client, signUps, invitations } = this.#options;
    const invited = await invitations.openFor(trx, email);
    const isAdmitted = signUps.policy === "open" || client.settings.allowedDomains.length > 0;
    if (signUps.policy === "closed" || (invited.length === 0 && !isAdmitted)) {
      throw new ApiError("forbidden", "Signing up needs an invitation");
    }
    const isAlone = invited.length === 0 && signUps.policy === "open";
    if (isAlone) signUps.assertTakesWorkspace();
    const userId = await insertUser(trx, { email, passwordHash: null, isEmailVerified: true });
    await addIdentity(trx, { person, userId });
    for (const invitation of invited) await invitations.join(trx, { userId, invitation });
    return { userId, isAlone };
  }
}

async function userOfIdentity(trx: Transaction<Schema>, { issuer, subject }: OidcPerson): Promise<string | null> {
  const known = await trx
    .selectFrom("user_identities")
    .select("user_id")
    .where("issuer", "=", issuer)
    .where("subject", "=", subject)
    .executeTakeFirst();
  return known?.user_id ?? null;
}

async function userOfEmail(trx: Transaction<Schema>, email: string): Promise<FoundUser | null> {
  const { rows } = await sql<FoundUser>`select user_id, email_verified_at_ms from users
    where lower(email) = lower(${email})`.execute(trx);
  return rows[0] ?? null;
}

async function addIdentity(
  trx: Transaction<Schema>,
  { person, userId }: { person: OidcPerson; userId: string },
): Promise<void> {
  const { issuer, subject } = person;
  const row = { issuer, subject, user_id: userId, created_at_ms: Date.now() };
  await trx
    .insertInto("user_identities")
    .values(row)
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  const verified = trx.updateTable("users").set({ email_verified_at_ms: Date.now() }).where("user_id", "=", userId);
  await verified.execute();
}
