import { registryOperations } from "@millrace/contract";
import type { RegistryImports } from "../../../registry/imports/index.ts";
import { route, type Route } from "../../route.ts";
import { assertMayChange } from "./import-rights.ts";
import { importViewOf } from "./import-view.ts";

export function startRegistryImport(services: { imports: RegistryImports }): Route {
  return route(registryOperations.startRegistryImport, async (request) => {
    await assertMayChange(services, request, request.input.id);
    return { data: importViewOf(await services.imports.begin(request.orgIds, request.input.id)) };
  });
}
