import { registryOperations } from "@millrace/contract";
import type { Workspaces } from "../../../accounts/index.ts";
import type { RegistryImports } from "../../../registry/imports/index.ts";
import { route, type Route } from "../../route.ts";
import { instanceOrgOf } from "./import-rights.ts";
import { importViewOf } from "./import-view.ts";

export function createRegistryImport(services: { imports: RegistryImports; workspaces: Workspaces }): Route {
  return route(registryOperations.createRegistryImport, async (request) => {
    const { source, scope = "workspace" } = request.input;
    const orgId = scope === "workspace" ? request.orgId() : await instanceOrgOf(services, request.principal);
    return { data: importViewOf(await services.imports.create({ orgId, source, scope })) };
  });
}
