import { appOperations } from "@millrace/contract";
import type { Apps } from "../../../accounts/index.ts";
import { pageReply, pageRequestOf } from "../../../core/index.ts";
import { route, type Route } from "../../route.ts";
import { appOf } from "./app-view.ts";

export function listApps(services: { apps: Apps }): Route {
  return route(appOperations.listApps, async (request) => {
    const { q: text, sort_key: sortKey, sort_direction: direction } = request.input;
    const page = await services.apps.list({ text, sortKey, direction }, pageRequestOf(request.input));
    return pageReply(page, { idOf: (row) => row.name_slug, itemOf: appOf });
  });
}
