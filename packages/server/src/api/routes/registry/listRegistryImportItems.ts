import { registryOperations } from "@millrace/contract";
import { pageReply, pageRequestOf } from "../../../core/index.ts";
import type { RegistryImports } from "../../../registry/imports/index.ts";
import { route, type Route } from "../../route.ts";
import { itemViewOf } from "./import-view.ts";

export function listRegistryImportItems(services: { imports: RegistryImports }): Route {
  return route(registryOperations.listRegistryImportItems, async (request) => {
    const { id, outcome } = request.input;
    const page = await services.imports.items(request.orgIds, id, { page: pageRequestOf(request.input), outcome });
    return pageReply(page, { idOf: (row) => row.path, itemOf: itemViewOf });
  });
}
