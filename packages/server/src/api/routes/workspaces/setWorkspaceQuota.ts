import { workspaceOperations } from "@millrace/contract";
import type { Usage, Workspaces } from "../../../accounts/index.ts";
import { assertOperator, isOperator } from "../../operator.ts";
import { route, type Route } from "../../route.ts";

export function setWorkspaceQuota(services: { workspaces: Workspaces; usage: Usage }): Route {
  return route(workspaceOperations.setWorkspaceQuota, async (request) => {
    const { workspace_id: orgId, daily_credits_quota: quota } = request.input;
    // To others, workspaces that are not theirs do not exist.
    if (!(await isOperator(services, request))) await services.workspaces.find(request.orgIds, orgId);
    await assertOperator(services, request);
    request.auditNote.details = { workspace_id: orgId, daily_credits_quota: String(quota) };
    return { data: await services.usage.describe(await services.usage.setQuota(orgId, quota)) };
  });
}
