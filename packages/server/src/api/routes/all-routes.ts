import type { Route } from "../route.ts";
import type { ApiServices } from "../services.ts";
import { accountRoutes } from "./accounts/index.ts";
import { apiKeyRoutes } from "./api_keys/index.ts";
import { appRoutes } from "./apps/index.ts";
import { componentRoutes } from "./components/index.ts";
import { configuringRoutes } from "./configuring/index.ts";
import { dataStoreRoutes } from "./data_stores/index.ts";
import { eventRoutes } from "./events/index.ts";
import { fileRoutes } from "./files/index.ts";
import { subscriptionRoutes } from "./subscriptions/index.ts";
import { webhookRoutes } from "./webhooks/index.ts";
import { oauthAppRoutes } from "./oauth_apps/index.ts";
import { oauthRoutes } from "./oauth/index.ts";
import { oauthClientRoutes } from "./oauth_clients/index.ts";
import { invitationRoutes } from "./invitations/index.ts";
import { loginRoutes } from "./logins/index.ts";
import { memberRoutes } from "./members/index.ts";
import { sessionRoutes } from "./sessions/index.ts";
import { projectRoutes } from "./projects/index.ts";
import { registryRoutes } from "./registry/index.ts";
import { runRoutes } from "./runs/index.ts";
import { sourceRoutes } from "./sources/index.ts";
import { userRoutes } from "./users/index.ts";
import { envRoutes } from "./env/index.ts";
import { systemRoutes } from "./system/index.ts";
import { templateRoutes } from "./templates/index.ts";
import { workflowRoutes } from "./workflows/index.ts";
import { workspaceRoutes } from "./workspaces/index.ts";

/** The routes of all resources. */
export function allRoutes(services: ApiServices): Route[] {
  return [
    ...accountRoutes(services),
    ...apiKeyRoutes(services),
    ...appRoutes(services),
    ...componentRoutes(services),
    ...configuringRoutes(services),
    ...dataStoreRoutes(services),
    ...eventRoutes(services),
    ...fileRoutes(services),
    ...subscriptionRoutes(services),
    ...webhookRoutes(services),
    ...oauthAppRoutes(services),
    ...oauthRoutes(services),
    ...oauthClientRoutes(services),
    ...invitationRoutes(services),
    ...loginRoutes(services),
    ...memberRoutes(services),
    ...sessionRoutes(services),
    ...projectRoutes(services),
    ...registryRoutes(services),
    ...runRoutes(services),
    ...sourceRoutes(services),
    ...userRoutes(services),
    ...workspaceRoutes(services),
    ...workflowRoutes(services),
    ...systemRoutes(services),
    ...templateRoutes(services),
    ...envRoutes(services),
  ];
}
