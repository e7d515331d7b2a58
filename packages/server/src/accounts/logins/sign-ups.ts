import { ApiError, invalidInput } from "../../core/index.ts";
import type { Invitations } from "../members/index.ts";
import type { Projects } from "../projects.ts";
import type { Workspaces } from "../workspaces.ts";
import type { LoginThrottle } from "./login-throttle.ts";
import type { Login, LoginBrowser, Logins } from "./logins.ts";

/** Who may make an account: anybody, only the invited, nobody. */
export type SignUpPolicy = "open" | "invite" | "closed";

export interface SignUpsOptions {
  policy: SignUpPolicy;
  logins: Logins;
  throttle: LoginThrottle;
  invitations: Invitations;
  workspaces: Workspaces;
  projects: Projects;
}

export interface SignUp {
  /** May be left out with an invitation, which says it. */
  email?: string | undefined;
  password: string;
  username?: string | undefined;
  invitationToken?: string | undefined;
}

/** Making an account with a password. */
export class SignUps {
  readonly #options: SignUpsOptions;

  constructor(options: SignUpsOptions) {
    this.#options = options;
  }

  get policy(): SignUpPolicy {
    return this.#options.policy;
  }

  /**
   * Makes a user: with an invitation, as a member of its workspace; else with a workspace of their own.
   * @throws ApiError 400, 403 when sign-up is not open to them, 404 for an invitation that is over, 409, 429
   */
  async signUp(given: SignUp, from: LoginBrowser): Promise<Login> {
    const { policy, throttle } = this.#options;
    if (policy === "closed") throw new ApiError("forbidden", "This instance takes no new users");
    if (policy === "invite" && given.invitationToken === undefined) {
      throw new ApiError("forbidden", "Signing up needs an invitation");
    }
    await throttle.take({ account: null, ip: from.ip, knownDevice: null });
    return given.invitationToken === undefined
      ? this.#signUpAlone(given, from)
      : this.#signUpInvited({ ...given, invitationToken: given.invitationToken }, from);
  }

  async #signUpInvited(given: SignUp & { invitationToken: string }, from: LoginBrowser): Promise<Login> {
    const { logins, invitations } = this.#options;
    const invitation = await invitations.describe(given.invitationToken);
    const { email } = invitation;
    if (given.email !== undefined && given.email.toLowerCase() !== email) {
      throw invalidInput([{ path: "email", message: `must be ${email}, whom the invitation is for` }]);
    }
    const user = { email, username: given.username };
    const passwordHash = await this.#hash(given, email);
    // Whoever has the link need not have the mailbox, so the address is not taken for theirs.
    const userId = await logins.createUser({ ...user, passwordHash, isEmailVerified: false }, (trx, id) =>
      invitations.join(trx, { userId: id, invitation }),
    );
    return logins.open(userId, { method: "password", from, told: "user.signed_up" });
  }

  async #signUpAlone(given: SignUp, from: LoginBrowser): Promise<Login> {
    const { email } = given;
    if (email === undefined) throw invalidInput([{ path: "email", message: "is required" }]);
    this.assertTakesWorkspace();
    const { logins } = this.#options;
    const user = { email, username: given.username, passwordHash: await this.#hash(given, email) };
    const userId = await logins.createUser({ ...user, isEmailVerified: false });
    await this.giveWorkspace(userId, given.username ?? email.split("@")[0] ?? email);
    return logins.open(userId, { method: "password", from, told: "user.signed_up" });
  }

  /** @throws ApiError 403 where a new user cannot have a workspace of their own: better no user than one without a place */
  assertTakesWorkspace(): void {
    if (this.#options.workspaces.takesMore) return;
    throw new ApiError("forbidden", "This instance takes one workspace only; ask its owner for an invitation");
  }

  /** A new user who belongs nowhere yet gets a workspace with a project. */
  async giveWorkspace(userId: string, name: string): Promise<void> {
    const { workspaces, projects } = this.#options;
    const { org_id: orgId } = await workspaces.createFor(userId, `${name}'s workspace`);
    await projects.create(orgId, "Default project");
  }

  #hash(given: SignUp, email: string): Promise<string> {
    const user = { email, username: given.username ?? email };
    return this.#options.logins.newHash(given.password, { path: "password", user });
  }
}
