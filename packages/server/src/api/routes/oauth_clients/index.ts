/** OAuth clients of a workspace; for its owners and admins. */
import type { Route } from "../../route.ts";
import type { ApiServices } from "../../services.ts";
import { createOauthClient } from "./createOauthClient.ts";
import { deleteOauthClient } from "./deleteOauthClient.ts";
import { listOauthClients } from "./listOauthClients.ts";
import { rotateOauthClientSecret } from "./rotateOauthClientSecret.ts";

export function oauthClientRoutes(services: Pick<ApiServices, "oauthClients" | "apiKeys">): Route[] {
  return [
    createOauthClient(services),
    deleteOauthClient(services),
    listOauthClients(services),
    rotateOauthClientSecret(services),
  ];
}
