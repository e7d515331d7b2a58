import type { InputOf, Operation, Role } from "@millrace/contract";
import type { AuditDetails } from "../accounts/index.ts";
import { ApiError, invalidInput, notFound, type Principal, type UserPrincipal } from "../core/index.ts";

/** What a handler may say about its reply besides the body. */
export interface ReplySettings {
  /** Instead of the operation's own status. */
  status?: number;
  headers: Record<string, string | string[]>;
}

/** What a handler knows of its change: whatever is absent is told by the path, the input or the reply. */
export interface AuditNote {
  /** The workspace that was changed. */
  orgId?: string;
  /** Id of what was changed. */
  subject?: string;
  details?: AuditDetails;
}

export type PrincipalOf<O extends Operation> = O extends { readonly access: "public" } ? null : Principal;

/** What a handler gets. */
export interface ApiRequest<O extends Operation = Operation> {
  readonly id: string;
  /** Validated and converted: path, query and body in one object. */
  readonly input: InputOf<O>;
  /**
   * The caller; its `orgIds` are the workspaces in which its role suffices for this operation, or the one that `org_id`
   * names. Give them to finders.
   */
  readonly principal: PrincipalOf<O>;
  readonly orgIds: readonly string[];
  readonly ip: string;
  readonly userAgent: string | null;
  readonly cookies: Readonly<Record<string, string | undefined>>;
  /** What the entry of this change in the audit log says, beyond what the request itself tells. */
  readonly auditNote: AuditNote;
  /** Aborted when the caller hangs up. */
  readonly signal: AbortSignal;
  readonly replySettings: ReplySettings;
  /**
   * The workspace to create something in: the token's own, or what `org_id` names.
   * @throws ApiError 400 when the caller belongs to several and names none, 404 when it is not the caller's, 403 when the
   * caller's role there does not suffice.
   */
  orgId(): string;
  /** The workspace that a path names, with the same errors. */
  memberOf(workspaceId: string): string;
}

export interface CallerScope {
  /** With all workspaces; null for public operations. */
  caller: Principal | null;
  allowedOrgIds: readonly string[];
  role: Role;
}

/** Resolves a workspace id of the path or of `org_id`: unknown and foreign ids look the same. */
export function memberOf(scope: CallerScope, workspaceId: string): string {
  if (scope.allowedOrgIds.includes(workspaceId)) return workspaceId;
  if (scope.caller?.orgIds.includes(workspaceId)) {
    throw new ApiError("forbidden", `This needs the role ${scope.role} or a stronger one in the workspace`);
  }
  throw notFound(`Workspace ${workspaceId}`);
}

/** The workspace to create in, by rest-api's rule for `org_id`. */
export function creatingOrgId(scope: CallerScope, named: string | undefined): string {
  if (named !== undefined) return memberOf(scope, named);
  const [only, ...others] = scope.caller?.orgIds ?? [];
  if (only === undefined) throw notFound("Workspace");
  if (others.length > 0)
    throw invalidInput([{ path: "org_id", message: "is required: you belong to several workspaces" }]);
  return memberOf(scope, only);
}

/** The caller of an operation of `user_key` access. @throws ApiError 403 `user_key_required` for any other */
export function asUser(principal: Principal): UserPrincipal {
  if (principal.kind === "user") return principal;
  throw new ApiError("user_key_required", "This operation needs a user API key");
}

/**
 * The caller of an operation that concerns the person as a whole.
 * @throws ApiError 403 for no user, and for a key that was made for one workspace
 */
export function asWholeUser(principal: Principal): UserPrincipal {
  const user = asUser(principal);
  if (user.keyOrgId === null) return user;
  throw new ApiError("forbidden", "An API key of one workspace cannot do this");
}

/** The caller's role in a workspace that it was found to belong to. */
export function roleIn(principal: Principal, orgId: string): Role {
  return principal.roles.get(orgId) ?? "viewer";
}
