import { componentOperations } from "@millrace/contract";
import type { ComponentSearch, FoundComponents } from "../../../search/index.ts";
import { route, type Route } from "../../route.ts";

const DEFAULT_LIMIT = 10;

export function searchComponents(services: { componentSearch: ComponentSearch }): Route {
  return route(componentOperations.searchComponents, async (request) => {
    const { query, app, similarity_threshold: threshold, limit = DEFAULT_LIMIT, debug } = request.input;
    const startedMs = performance.now();
    const found = await services.componentSearch.search(request.orgIds, { query, app, threshold, limit });
    return {
      sources: found.sources.map(({ key }) => key),
      actions: found.actions.map(({ key }) => key),
      ...(debug === true && { debug: debugOf(found, performance.now() - startedMs) }),
    };
  });
}

function debugOf({ model, sources, actions }: FoundComponents, tookMs: number) {
  const scores = [...sources, ...actions].map(({ key, kind, similarity }) => ({
    ...{ key, type: kind },
    // Rounded down: given back as the threshold it still lets the component through.
    similarity: similarity === null ? null : Math.floor(similarity * 10_000) / 10_000,
  }));
  return { model, took_ms: Math.round(tookMs * 10) / 10, scores };
}
