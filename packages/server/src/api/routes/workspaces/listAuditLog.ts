import { auditOperations } from "@millrace/contract";
import type { AuditLog, ShownAuditRow } from "../../../accounts/index.ts";
import { pageReply, pageRequestOf } from "../../../core/index.ts";
import { epochSecondsOf } from "../../epoch-seconds.ts";
import { route, type Route } from "../../route.ts";

export function listAuditLog(services: { audit: AuditLog }): Route {
  return route(auditOperations.listAuditLog, async (request) => {
    const { input } = request;
    const { action, actor, subject, since, until } = input;
    const filter = {
      ...(action !== undefined && { action }),
      ...(actor !== undefined && { actor }),
      ...(subject !== undefined && { subject }),
      ...(since !== undefined && { sinceMs: since * 1000 }),
      ...(until !== undefined && { untilMs: until * 1000 }),
    };
    const page = await services.audit.list(request.memberOf(input.workspace_id), filter, pageRequestOf(input));
    return pageReply(page, { idOf: (row) => row.audit_id, itemOf: entryOf });
  });
}

function entryOf(row: ShownAuditRow) {
  return {
    id: row.audit_id,
    at: epochSecondsOf(row.at_ms),
    actor: { id: row.actor, name: row.actor_name, credential_id: row.credential_id, ip: row.ip },
    action: row.action,
    subject: row.subject,
    details: row.details === null ? null : (JSON.parse(row.details) as Record<string, string>),
  };
}
