import type { Workspaces } from "../accounts/index.ts";
import { ApiError } from "../core/index.ts";
import type { ApiRequest } from "./request.ts";

/** Whether a caller's role in the workspace that the instance began with suffices for the operation. */
export async function isOperator(
  { workspaces }: { workspaces: Workspaces },
  { orgIds }: Pick<ApiRequest, "orgIds">,
): Promise<boolean> {
  return orgIds.includes((await firstOf(workspaces)) ?? "");
}

/**
 * What every workspace gets (apps, the registry) is the instance's: whoever changed where an app's users are sent, or what
 * code a key means, could have the credentials of all. So only those may whose role in the workspace that the instance
 * began with suffices for the operation. @throws ApiError 403
 */
export async function assertOperator(
  { workspaces }: { workspaces: Workspaces },
  { orgIds, auditNote }: Pick<ApiRequest, "orgIds" | "auditNote">,
): Promise<void> {
  const first = await firstOf(workspaces);
  if (first === undefined || !orgIds.includes(first)) {
    throw new ApiError(
      "forbidden",
      "This is for those who look after the instance: it needs the role in the workspace that the instance began with",
    );
  }
  auditNote.orgId = first;
}

async function firstOf(workspaces: Workspaces): Promise<string | undefined> {
  return (await workspaces.listInstanceWide({ limit: 1 }))[0];
}
