import { fileOperations } from "@millrace/contract";
import { pageReply, pageRequestOf } from "../../../core/index.ts";
import { route, type Route } from "../../route.ts";
import { entryViewOf, scopeOf, withFileErrors, type FileServices } from "./file-view.ts";

export function listProjectFiles(services: FileServices): Route {
  return route(fileOperations.listProjectFiles, async (request) => {
    const { directory = "" } = request.input;
    const scope = await scopeOf(services, request);
    const paging = pageRequestOf(request.input);
    const page = await withFileErrors(async () => services.fileStores.list(scope, directory, paging));
    return pageReply(page, { idOf: (row) => row.id, itemOf: (row) => entryViewOf(row, directory) });
  });
}
