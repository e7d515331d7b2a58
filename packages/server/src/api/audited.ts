import type { Operation } from "@millrace/contract";
import type { AuditLog } from "../accounts/index.ts";
import type { Principal } from "../core/index.ts";
import type { ApiRequest } from "./request.ts";

/** A request of a known caller, about to be carried out. */
export interface Change {
  operation: Operation;
  request: ApiRequest;
  /** Null: a public operation, which tells for itself. */
  caller: Principal | null;
}

/**
 * Carries out a request, and tells the audit log before the caller gets its answer: each operation that may change
 * something, under its own id, when it has succeeded.
 */
export async function audited<T>(audit: AuditLog, change: Change, work: () => Promise<T>): Promise<T> {
  const { operation, request, caller } = change;
  if (caller === null || !mayChange(operation)) return work();
  const isPersonal = /^\/(auth|users\/me)(\/|$)/.test(operation.path);
  // Looked up before the change, which may delete it.
  const isUnsure = !isPersonal && request.orgIds.length > 1;
  const named = isUnsure ? await audit.workspaceOf(request.orgIds, { ...request.input }) : null;
  const result = await work();
  const { auditNote } = request;
  const only = !isPersonal && request.orgIds.length === 1 ? request.orgIds[0] : undefined;
  const orgId = auditNote.orgId ?? named ?? only;
  const { ip } = request;
  const entry = {
    action: operation.id,
    subject: subjectOf(change, result) ?? orgId,
    ...(auditNote.details && { details: auditNote.details }),
  };
  if (orgId !== undefined) {
    await audit.record({ principal: caller, ip }, [{ ...entry, orgId, subject: entry.subject ?? orgId }]);
  } else if (caller.kind === "user") {
    const { subject, ...rest } = entry;
    const by = { userId: caller.userId, credentialId: caller.credential.id, ip };
    await audit.recordOfUser({ ...rest, ...by, ...(subject !== undefined && { subject }) });
  }
  return result;
}

function mayChange({ method, changesNothing }: Change["operation"]): boolean {
  return method !== "GET" && !changesNothing;
}

/** What the path names inside a workspace, else what was made, else the workspace that the path names. */
function subjectOf({ operation, request }: Change, result: unknown): string | undefined {
  const { subject } = request.auditNote;
  if (subject !== undefined) return subject;
  const names = [...operation.path.matchAll(/:(\w+)/g)].map(([, name = ""]) => name);
  const inner = names.find((name) => name !== "workspace_id");
  const input: Readonly<Record<string, unknown>> = { ...request.input };
  return textOf(input[inner ?? ""]) ?? idIn(result) ?? textOf(input["workspace_id"]);
}

function idIn(result: unknown): string | undefined {
  const data: unknown = typeof result === "object" && result !== null ? Reflect.get(result, "data") : undefined;
  return typeof data === "object" && data !== null ? textOf(Reflect.get(data, "id")) : undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
