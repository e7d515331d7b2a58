import { registryOperations } from "@millrace/contract";
import type { RegistryImports } from "../../../registry/imports/index.ts";
import { route, type Route } from "../../route.ts";
import { assertMayChange } from "./import-rights.ts";

export function deleteRegistryImport(services: { imports: RegistryImports }): Route {
  return route(registryOperations.deleteRegistryImport, async (request) => {
    await assertMayChange(services, request, request.input.id);
    await services.imports.remove(request.orgIds, request.input.id);
    return {};
  });
}
