/** Files of projects. */
import type { Route } from "../../route.ts";
import type { ApiServices } from "../../services.ts";
import { deleteProjectFile } from "./deleteProjectFile.ts";
import { getProjectFile } from "./getProjectFile.ts";
import { listProjectFiles } from "./listProjectFiles.ts";
import { putProjectFile } from "./putProjectFile.ts";

export function fileRoutes(services: Pick<ApiServices, "fileStores" | "projects">): Route[] {
  return [listProjectFiles(services), getProjectFile(services), putProjectFile(services), deleteProjectFile(services)];
}
