import type { JsonObject } from "@millrace/runner";
import { configuringOperations } from "@millrace/contract";
import type { PropConfiguration, PropOptions } from "../../../workflows/index.ts";
import { route, type Route } from "../../route.ts";
import { configuredOf, errorsOf } from "./configured-component.ts";

export function configureProp(services: { propConfiguration: PropConfiguration }): Route {
  return route(configuringOperations.configureProp, async (request) => {
    const { prop_name: propName, page = 0, prev_context: prevContext, query } = request.input;
    const configured = configuredOf(request.input, request.orgId());
    const found = await services.propConfiguration.listOptions(configured, {
      ...{ propName, page, query },
      prevContext: (prevContext ?? {}) as JsonObject,
    });
    return {
      ...shownOptions(found),
      context: found.context,
      observations: [...found.logs],
      errors: errorsOf(found.error),
    };
  });
}

/** Options that are text and nothing else go by themselves. */
function shownOptions({ options, error }: PropOptions) {
  if (error) return { options: null, stringOptions: null };
  const texts = options.flatMap(({ label, value }) => (typeof value === "string" && label === value ? [value] : []));
  const isText = texts.length === options.length && options.length > 0;
  return isText ? { options: null, stringOptions: texts } : { options: [...options], stringOptions: null };
}
