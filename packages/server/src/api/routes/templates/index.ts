/** Templates of workflows. */
import type { Workflows } from "../../../workflows/index.ts";
import type { Route } from "../../route.ts";
import { createTemplate } from "./createTemplate.ts";
import { getTemplate } from "./getTemplate.ts";

export function templateRoutes(services: { workflows: Workflows }): Route[] {
  return [createTemplate(services), getTemplate(services)];
}
