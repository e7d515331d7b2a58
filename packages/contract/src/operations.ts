import { webhookOperations } from "./webhooks.ts";
import { subscriptionOperations } from "./subscriptions.ts";
import { eventOperations } from "./events.ts";
import { accountUseOperations } from "./account-uses.ts";
import { accountOperations } from "./accounts.ts";
import { appOperations } from "./apps.ts";
import { oauthAppOperations } from "./oauth-apps.ts";
import { componentOperations } from "./components.ts";
import { configuringOperations } from "./configuring.ts";
import { dataStoreOperations } from "./data-stores.ts";
import { oauthClientOperations, oauthOperations } from "./oauth.ts";
import { fileOperations } from "./files.ts";
import { auditOperations } from "./audit.ts";
import { loginOperations, sessionOperations } from "./logins.ts";
import { invitationOperations, memberOperations } from "./members.ts";
import { projectOperations } from "./projects.ts";
import { registryOperations } from "./registry.ts";
import { runOperations } from "./runs.ts";
import { sourceDbOperations } from "./source-db.ts";
import { sourceOperations } from "./sources.ts";
import { userOperations } from "./users.ts";
import { envOperations } from "./env.ts";
import { systemOperations } from "./system.ts";
import { stepTestOperations } from "./step-tests.ts";
import { templateOperations } from "./templates.ts";
import { workflowOperations } from "./workflows.ts";
import { usageOperations } from "./usage.ts";
import { apiKeyOperations, workspaceOperations } from "./workspaces.ts";

/** Every operation of the API, by id: each resource file adds its own here. */
export const operations = {
  ...accountOperations,
  ...accountUseOperations,
  ...apiKeyOperations,
  ...appOperations,
  ...componentOperations,
  ...configuringOperations,
  ...dataStoreOperations,
  ...oauthAppOperations,
  ...oauthClientOperations,
  ...oauthOperations,
  ...fileOperations,
  ...auditOperations,
  ...loginOperations,
  ...sessionOperations,
  ...memberOperations,
  ...invitationOperations,
  ...projectOperations,
  ...registryOperations,
  ...runOperations,
  ...sourceOperations,
  ...sourceDbOperations,
  ...eventOperations,
  ...subscriptionOperations,
  ...webhookOperations,
  ...userOperations,
  ...usageOperations,
  ...workspaceOperations,
  ...workflowOperations,
  ...systemOperations,
  ...stepTestOperations,
  ...templateOperations,
  ...envOperations,
};

export type OperationId = keyof typeof operations;
