import ipaddr from "ipaddr.js";
import type { EnvFields } from "./fields.ts";

const SIGN_UPS = ["open", "invite", "closed"] as const;
const DAY_MS = 24 * 3_600_000;

/** The instance's identity provider. */
export interface OidcConfig {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** What its button says. */
  readonly name: string;
  /** Of emails; empty: all. */
  readonly allowedDomains: readonly string[];
}

/** Who gets in, and what is kept of what they do. */
export interface AccessConfig {
  readonly signUp: (typeof SIGN_UPS)[number];
  /** Null: passwords only. */
  readonly oidc: OidcConfig | null;
  /** The email of somebody for whom this start prints a link to set a new password; null: nobody. */
  readonly resetPasswordOf: string | null;
  readonly auditRetentionMs: number;
  /** CIDRs of proxies that are believed about where a request came from. */
  readonly trustedProxies: readonly string[];
}

export function buildAccess(fields: EnvFields): AccessConfig {
  return {
    signUp: fields.choice("MILLRACE_SIGNUP", SIGN_UPS) ?? "invite",
    oidc: buildOidc(fields),
    resetPasswordOf: fields.text("MILLRACE_RESET_PASSWORD_OF"),
    auditRetentionMs: fields.integer("MILLRACE_AUDIT_RETENTION_DAYS", { default: 365, min: 1, max: 36_500 }) * DAY_MS,
    trustedProxies: fields.cidrs("MILLRACE_TRUSTED_PROXIES"),
  };
}

function buildOidc(fields: EnvFields): OidcConfig | null {
  const issuer = fields.text("MILLRACE_OIDC_ISSUER");
  const clientId = fields.text("MILLRACE_OIDC_CLIENT_ID");
  const clientSecret = fields.text("MILLRACE_OIDC_CLIENT_SECRET");
  const domains = (fields.list("MILLRACE_OIDC_ALLOWED_DOMAINS") ?? []).map((domain) => domain.toLowerCase());
  for (const domain of domains) {
    if (!/^[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(domain)) {
      fields.problem(`MILLRACE_OIDC_ALLOWED_DOMAINS: "${domain}" is no domain such as example.com`);
    }
  }
  if (issuer !== null && clientId !== null && clientSecret !== null) {
    assertIssuer(fields, issuer);
    const name = fields.text("MILLRACE_OIDC_NAME") ?? "Single sign-on";
    return { issuer, clientId, clientSecret, name, allowedDomains: domains };
  }
  if (issuer !== null || clientId !== null || clientSecret !== null) {
    fields.problem(
      "MILLRACE_OIDC_ISSUER, MILLRACE_OIDC_CLIENT_ID and MILLRACE_OIDC_CLIENT_SECRET: go together, set all or none",
    );
  }
  return null;
}

/** As the provider spells it, slash at its end included. Without https, anybody in between could be anyone. */
function assertIssuer(fields: EnvFields, issuer: string): void {
  const url = URL.parse(issuer);
  const isLocal = url !== null && (url.hostname === "localhost" || isLoopback(url.hostname));
  if (url?.protocol === "https:" || (url?.protocol === "http:" && isLocal)) return;
  fields.problem(`MILLRACE_OIDC_ISSUER: must be an https address, not "${issuer}"`);
}

function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, "");
  return ipaddr.isValid(bare) && ipaddr.process(bare).range() === "loopback";
}
