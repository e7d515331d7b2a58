import { roles, type Role } from "@millrace/contract";

/** What a person proved who they are with. */
export interface UserCredential {
  readonly kind: "api_key" | "session";
  readonly id: string;
}

/** A person with a user API key, or logged in. */
export interface UserPrincipal {
  readonly kind: "user";
  readonly userId: string;
  readonly credential: UserCredential;
  /** The one workspace that the key was made for; null when it reaches all of the user's. */
  readonly keyOrgId: string | null;
  /** The key may only look. */
  readonly readOnly: boolean;
  /** The workspaces that this caller may act on; every finder takes them. */
  readonly orgIds: readonly string[];
  /** Role by workspace. */
  readonly roles: ReadonlyMap<string, Role>;
}

/** A program with an OAuth token of one workspace. */
export interface ClientPrincipal {
  readonly kind: "client";
  readonly clientId: string;
  /** What the token may do, out of the contract's `oauthScopes`. */
  readonly scopes: readonly string[];
  readonly orgIds: readonly string[];
  readonly roles: ReadonlyMap<string, Role>;
}

export type Principal = UserPrincipal | ClientPrincipal;

/** True when `role` allows what `needed` does. */
export function roleAllows(role: Role, needed: Role): boolean {
  return roles.indexOf(role) >= roles.indexOf(needed);
}

/** The same caller, with only the workspaces in which its role suffices: what is left cannot be misused by a finder. */
export function limitedToRole(principal: Principal, needed: Role): Principal {
  const orgIds = principal.orgIds.filter((orgId) => {
    const role = principal.roles.get(orgId);
    return role !== undefined && roleAllows(role, needed);
  });
  return orgIds.length === principal.orgIds.length ? principal : { ...principal, orgIds };
}

/** Names the caller in audit entries and owners: `u_…` or the OAuth client's id. */
export function principalId(principal: Principal): string {
  return principal.kind === "user" ? principal.userId : principal.clientId;
}
