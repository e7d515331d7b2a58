import { registryOperations } from "@millrace/contract";
import type { Workspaces } from "../../../accounts/index.ts";
import { ApiError, roleAllows, type Principal } from "../../../core/index.ts";
import type { RegistryImports } from "../../../registry/imports/index.ts";
import { route, type Route } from "../../route.ts";
import { importViewOf } from "./import-view.ts";

export function createRegistryImport(services: { imports: RegistryImports; workspaces: Workspaces }): Route {
  return route(registryOperations.createRegistryImport, async (request) => {
    const { source, scope = "workspace" } = request.input;
    const orgId = scope === "workspace" ? request.orgId() : await instanceOrgOf(services, request.principal);
    return { data: importViewOf(await services.imports.create({ orgId, source, scope })) };
  });
}

/** The first workspace holds what is the instance's; its admins act for the instance. */
async function instanceOrgOf({ workspaces }: { workspaces: Workspaces }, principal: Principal): Promise<string> {
  const [orgId] = await workspaces.listInstanceWide({ limit: 1 });
  const role = orgId !== undefined && principal.orgIds.includes(orgId) ? principal.roles.get(orgId) : undefined;
  if (orgId !== undefined && role !== undefined && roleAllows(role, "admin")) return orgId;
  throw new ApiError("forbidden", "Importing for the whole instance needs the role admin in its first workspace");
}
