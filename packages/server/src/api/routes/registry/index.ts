/** The registry, and imports of many components. */
import type { Route } from "../../route.ts";
import type { ApiServices } from "../../services.ts";
import { addRegistryImportFiles } from "./addRegistryImportFiles.ts";
import { createRegistryImport } from "./createRegistryImport.ts";
import { deleteRegistryImport } from "./deleteRegistryImport.ts";
import { getRegistryImport } from "./getRegistryImport.ts";
import { listRegistryImportItems } from "./listRegistryImportItems.ts";
import { listRegistryImports } from "./listRegistryImports.ts";
import { listRegistryVersions } from "./listRegistryVersions.ts";
import { startRegistryImport } from "./startRegistryImport.ts";

export function registryRoutes(services: Pick<ApiServices, "components" | "imports" | "workspaces">): Route[] {
  return [
    addRegistryImportFiles(services),
    createRegistryImport(services),
    deleteRegistryImport(services),
    getRegistryImport(services),
    listRegistryImportItems(services),
    listRegistryImports(services),
    listRegistryVersions(services),
    startRegistryImport(services),
  ];
}
