import { registryOperations } from "@millrace/contract";
import type { Components } from "../../../registry/index.ts";
import { route, type Route } from "../../route.ts";

export function listRegistryVersions(services: { components: Components }): Route {
  return route(registryOperations.listRegistryVersions, async (request) => {
    const versions = await services.components.versionsOf(request.input.key);
    return {
      data: versions.map(({ version, componentId, isCurrent, publishedAtMs }) => ({
        version,
        id: componentId,
        current: isCurrent,
        published_at: Math.floor(publishedAtMs / 1000),
      })),
    };
  });
}
