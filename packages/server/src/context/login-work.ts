import type { ApiKeys, AuditLog, Projects, Vault, Workspaces } from "../accounts/index.ts";
import {
  LoginLinks,
  Logins,
  LoginThrottle,
  OidcClient,
  OidcLogins,
  PasswordLinks,
  Passwords,
  type Sessions,
  SignUps,
  type OidcSettings,
  type SignUpPolicy,
} from "../accounts/logins/index.ts";
import { Invitations, Members } from "../accounts/members/index.ts";
import { BrowserCookies } from "../api/index.ts";
import type { Config } from "../config/index.ts";
import type { Database } from "../db/index.ts";
import { Egress, Mailer } from "../egress/index.ts";

/** How people come to this instance. */
export interface LoginSettings {
  signUp: SignUpPolicy;
  /** Null: people log in with passwords only. */
  oidc: { settings: OidcSettings; egress: Egress } | null;
  /** Null: no mail goes out. */
  mailer: Mailer | null;
}

export interface LoginWorkOptions {
  db: Database;
  secretKey: Uint8Array;
  publicUrl: string;
  settings: LoginSettings;
  identity: { vault: Vault; audit: AuditLog; apiKeys: ApiKeys; projects: Projects; workspaces: Workspaces };
  sessions: Sessions;
  onError(error: unknown): void;
}

const MINUTE_MS = 60_000;

/** What the settings say of logins. The provider may lie at a private address: the operator named it. */
export function loginSettingsOf({ access, mail, egressAllow }: Config, stack: AsyncDisposableStack): LoginSettings {
  const mailer = mail.smtpUrl === null ? null : new Mailer({ url: mail.smtpUrl, from: mail.from });
  if (access.oidc === null) return { signUp: access.signUp, oidc: null, mailer };
  const egress = new Egress({ rules: { allow: egressAllow, publicUrl: access.oidc.issuer } });
  stack.defer(() => egress.stop());
  return { signUp: access.signUp, oidc: { settings: access.oidc, egress }, mailer };
}

/** What whoever starts the server should read: where the owner sets a password, and a link that was asked for. */
export async function loginNotices(passwordLinks: PasswordLinks, resetPasswordOf: string | null): Promise<string[]> {
  const setupUrl = await passwordLinks.setupUrl();
  const notices = setupUrl === null ? [] : [`Set the owner's email and password at ${setupUrl}`];
  if (resetPasswordOf === null) return notices;
  const resetUrl = await passwordLinks.resetUrl(resetPasswordOf);
  const found = `${resetPasswordOf} can set a new password within a day at ${resetUrl}`;
  return [
    ...notices,
    resetUrl === null ? `MILLRACE_RESET_PASSWORD_OF: nobody has the email ${resetPasswordOf}` : found,
  ];
}

/** Builds logins, members and invitations; touches nothing. */
export function buildLoginWork(options: LoginWorkOptions) {
  const { db, secretKey, publicUrl, settings, identity, sessions, onError } = options;
  const { vault, audit, apiKeys, projects, workspaces } = identity;
  const { mailer } = settings;
  const throttle = new LoginThrottle({ db });
  const logins = new Logins({ db, vault, audit, passwords: new Passwords(), sessions, throttle });
  const invitations = new Invitations({ db, apiKeys, mailer, publicUrl, onError });
  const links = new LoginLinks({ secretKey });
  const signUps = new SignUps({ policy: settings.signUp, logins, throttle, invitations, workspaces, projects });
  const redirectUri = `${publicUrl}/v1/auth/oidc/callback`;
  const client = settings.oidc && new OidcClient({ ...settings.oidc, redirectUri });
  return {
    cookies: new BrowserCookies({ publicUrl }),
    ...{ invitations, logins, sessions, signUps },
    members: new Members({ db, apiKeys }),
    oidc: client && new OidcLogins({ db, vault, client, logins, signUps, invitations }),
    passwordLinks: new PasswordLinks({ db, links, logins, sessions, throttle, mailer, publicUrl, onError }),
    loginChores: [
      { name: "ended sessions", everyMs: 60 * MINUTE_MS, run: (nowMs: number) => sessions.prune(nowMs) },
      { name: "expired invitations", everyMs: 60 * MINUTE_MS, run: (nowMs: number) => invitations.prune(nowMs) },
      { name: "counts of logins", everyMs: 10 * MINUTE_MS, run: () => throttle.prune() },
    ],
  };
}
