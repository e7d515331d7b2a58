import { registryOperations } from "@millrace/contract";
import { pageReply, pageRequestOf } from "../../../core/index.ts";
import type { Components } from "../../../registry/index.ts";
import type { ComponentSearch } from "../../../search/index.ts";
import { route, type Route } from "../../route.ts";
import { listedComponentOf } from "./component-view.ts";

export function listRegistry(services: { components: Components; componentSearch: ComponentSearch }): Route {
  return route(registryOperations.listRegistry, async (request) => {
    const { principal } = request;
    // A person who looks at the list in a browser types a query next.
    if (principal.kind === "user" && principal.credential.kind === "session") void services.componentSearch.warm();
    const { q: text, type: kind, app } = request.input;
    const page = await services.components.listPublished({ text, kind, app, page: pageRequestOf(request.input) });
    return pageReply(page, { idOf: (row) => row.key, itemOf: listedComponentOf });
  });
}
