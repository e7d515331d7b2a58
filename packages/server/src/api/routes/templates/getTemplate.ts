import { templateOperations } from "@millrace/contract";
import type { Workflows } from "../../../workflows/index.ts";
import { route, type Route } from "../../route.ts";
import { templateOf } from "./template-view.ts";

export function getTemplate(services: { workflows: Workflows }): Route {
  return route(templateOperations.getTemplate, async (request) => ({
    data: templateOf(await services.workflows.templates.find(request.orgIds, request.input.id)),
  }));
}
