import { registryOperations } from "@millrace/contract";
import type { RegistryImports } from "../../../registry/imports/index.ts";
import { route, type Route } from "../../route.ts";
import { importViewOf } from "./import-view.ts";

export function startRegistryImport(services: { imports: RegistryImports }): Route {
  return route(registryOperations.startRegistryImport, async (request) => ({
    data: importViewOf(await services.imports.begin(request.orgIds, request.input.id)),
  }));
}
