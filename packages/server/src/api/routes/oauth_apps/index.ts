/** Clients of workspaces at the providers of apps, and signing with accounts of OAuth 1.0a. */
import type { Route } from "../../route.ts";
import type { ApiServices } from "../../services.ts";
import { createOauthApp } from "./createOauthApp.ts";
import { deleteOauthApp } from "./deleteOauthApp.ts";
import { getOauthApp } from "./getOauthApp.ts";
import { listOauthApps } from "./listOauthApps.ts";
import { signOauthRequest } from "./signOauthRequest.ts";
import { updateOauthApp } from "./updateOauthApp.ts";

export function oauthAppRoutes(services: Pick<ApiServices, "oauthApps" | "connections" | "requestSigner">): Route[] {
  return [
    createOauthApp(services),
    deleteOauthApp(services),
    getOauthApp(services),
    listOauthApps(services),
    signOauthRequest(services),
    updateOauthApp(services),
  ];
}
