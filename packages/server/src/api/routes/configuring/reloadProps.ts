import { configuringOperations } from "@millrace/contract";
import type { PropConfiguration } from "../../../workflows/index.ts";
import { route, type Route } from "../../route.ts";
import { configuredOf, errorsOf } from "./configured-component.ts";

export function reloadProps(services: { propConfiguration: PropConfiguration }): Route {
  return route(configuringOperations.reloadProps, async (request) => {
    const found = await services.propConfiguration.reload(configuredOf(request.input, request.orgId()));
    return {
      observations: [...found.logs],
      errors: errorsOf(found.error),
      dynamicProps: { configurableProps: [...found.props] },
    };
  });
}
