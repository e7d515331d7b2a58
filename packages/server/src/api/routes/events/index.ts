/** What emitters have emitted. */
import type { Route } from "../../route.ts";
import type { ApiServices } from "../../services.ts";
import { deleteSourceEvents } from "./deleteSourceEvents.ts";
import { listSourceEvents } from "./listSourceEvents.ts";
import { streamSourceEvents } from "./streamSourceEvents.ts";

export { SseWriter } from "./sse-writer.ts";

export function eventRoutes(services: ApiServices): Route[] {
  return [deleteSourceEvents(services), listSourceEvents(services), streamSourceEvents(services)];
}
