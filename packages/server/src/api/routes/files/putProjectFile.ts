import { fileOperations } from "@millrace/contract";
import { fileRoute, type Route } from "../../route.ts";
import { fileViewOf, scopeOf, withFileErrors, type FileServices } from "./file-view.ts";

export function putProjectFile(services: FileServices): Route {
  return fileRoute(fileOperations.putProjectFile, async (request, { request: raw }) => {
    const scope = await scopeOf(services, request);
    const contentType = raw.headers["content-type"] ?? null;
    // A request that is refused in the middle stays open for its answer.
    const source = raw.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
    const row = await withFileErrors(() => services.fileStores.put(scope, request.input.path, { source, contentType }));
    return { data: fileViewOf(row) };
  });
}
