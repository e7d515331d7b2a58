import { pipeline } from "node:stream/promises";
import { fileOperations } from "@millrace/contract";
import { downloadHeaders } from "../../../core/index.ts";
import { streamRoute, type Route } from "../../route.ts";
import { scopeOf, withFileErrors, type FileServices } from "./file-view.ts";

export function getProjectFile(services: FileServices): Route {
  return streamRoute(fileOperations.getProjectFile, async (request, { response }) => {
    const scope = await scopeOf(services, request);
    const file = await withFileErrors(() => services.fileStores.open(scope, request.input.path));
    response.writeHead(200, downloadHeaders(file));
    await pipeline(file.stream, response);
  });
}
