import type { Workspaces } from "../../../accounts/index.ts";
import { ApiError, roleAllows, type Principal } from "../../../core/index.ts";
import type { RegistryImports } from "../../../registry/imports/index.ts";
import type { ApiRequest } from "../../request.ts";

/** The first workspace holds what is the instance's; its admins act for the instance. @throws ApiError 403 */
export async function instanceOrgOf({ workspaces }: { workspaces: Workspaces }, principal: Principal): Promise<string> {
  const [orgId] = await workspaces.listInstanceWide({ limit: 1 });
  if (orgId !== undefined && principal.orgIds.includes(orgId)) {
    assertAdmin(principal, orgId);
    return orgId;
  }
  throw forbidden();
}

/** Whoever changes an import for the whole instance needs what making it needs. @throws ApiError 403, 404 */
export async function assertMayChange(
  { imports }: { imports: RegistryImports },
  { orgIds, principal }: Pick<ApiRequest, "orgIds"> & { principal: Principal },
  importId: string,
): Promise<void> {
  const record = await imports.find(orgIds, importId);
  if (record.scope === "instance") assertAdmin(principal, record.orgId);
}

function assertAdmin({ roles }: Principal, orgId: string): void {
  if (!roleAllows(roles.get(orgId) ?? "viewer", "admin")) throw forbidden();
}

function forbidden(): ApiError {
  return new ApiError("forbidden", "Importing for the whole instance needs the role admin in its first workspace");
}
