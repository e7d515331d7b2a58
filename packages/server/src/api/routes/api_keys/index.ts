/** User API keys of a workspace; for its owners and admins. */
import type { Route } from "../../route.ts";
import type { ApiServices } from "../../services.ts";
import { createApiKey } from "./createApiKey.ts";
import { deleteApiKey } from "./deleteApiKey.ts";
import { listApiKeys } from "./listApiKeys.ts";

export function apiKeyRoutes(services: Pick<ApiServices, "apiKeys">): Route[] {
  return [createApiKey(services), deleteApiKey(services), listApiKeys(services)];
}
