import type { Workspaces } from "../../../accounts/index.ts";
import { ApiError } from "../../../core/index.ts";
import type { ApiRequest } from "../../request.ts";

/**
 * Apps are the instance's: whoever changes where an app's users are sent could have the tokens of all workspaces, so only
 * owners of the workspace that the instance began with may. @throws ApiError 403
 */
export async function assertOperator(
  { workspaces }: { workspaces: Workspaces },
  { orgIds, auditNote }: Pick<ApiRequest, "orgIds" | "auditNote">,
): Promise<void> {
  const [first] = await workspaces.listInstanceWide({ limit: 1 });
  if (first === undefined || !orgIds.includes(first)) {
    throw new ApiError("forbidden", "Only owners of the instance's first workspace may change the catalogue of apps");
  }
  auditNote.orgId = first;
}
