import { fileOperations } from "@millrace/contract";
import { route, type Route } from "../../route.ts";
import { scopeOf, withFileErrors, type FileServices } from "./file-view.ts";

export function deleteProjectFile(services: FileServices): Route {
  return route(fileOperations.deleteProjectFile, async (request) => {
    const scope = await scopeOf(services, request);
    await withFileErrors(() => services.fileStores.delete(scope, request.input.path));
    return undefined;
  });
}
