import { registryOperations } from "@millrace/contract";
import { pageReply, pageRequestOf } from "../../../core/index.ts";
import type { RegistryImports } from "../../../registry/imports/index.ts";
import { route, type Route } from "../../route.ts";
import { importViewOf } from "./import-view.ts";

export function listRegistryImports(services: { imports: RegistryImports }): Route {
  return route(registryOperations.listRegistryImports, async (request) => {
    const page = await services.imports.list(request.orgIds, pageRequestOf(request.input));
    return pageReply(page, { idOf: (row) => row.importId, itemOf: importViewOf });
  });
}
