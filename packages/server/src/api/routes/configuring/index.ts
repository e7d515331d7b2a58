/** What components say while their props are filled in. */
import type { PropConfiguration } from "../../../workflows/index.ts";
import type { Route } from "../../route.ts";
import { configureProp } from "./configureProp.ts";
import { reloadProps } from "./reloadProps.ts";

export function configuringRoutes(services: { propConfiguration: PropConfiguration }): Route[] {
  return [configureProp(services), reloadProps(services)];
}
