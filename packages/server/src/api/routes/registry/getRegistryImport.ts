import { registryOperations } from "@millrace/contract";
import type { RegistryImports } from "../../../registry/imports/index.ts";
import { route, type Route } from "../../route.ts";
import { importViewOf } from "./import-view.ts";

export function getRegistryImport(services: { imports: RegistryImports }): Route {
  return route(registryOperations.getRegistryImport, async (request) => ({
    data: importViewOf(await services.imports.find(request.orgIds, request.input.id)),
  }));
}
