import type { Accounts, ApiKeys, Apps, AuditLog, Projects, Users, Workspaces } from "../accounts/index.ts";
import type { WebhookLog, Webhooks } from "../delivery/index.ts";
import type { EventStreams, EventSummaries, Subscriptions } from "../events/index.ts";
import type { Sources } from "../sources/index.ts";
import type { Components } from "../registry/index.ts";
import type { EnvVars, Workflows } from "../workflows/index.ts";
import type { Runs } from "../workflows/engine/index.ts";
import type { FileStores } from "../workflows/files/index.ts";
import type { DataStores } from "../workflows/stores/index.ts";

/** What the routes work with. A route takes only what it needs: `Pick<ApiServices, "users">`. */
export interface ApiServices {
  accounts: Accounts;
  apiKeys: ApiKeys;
  apps: Apps;
  audit: AuditLog;
  components: Components;
  dataStores: DataStores;
  envVars: EnvVars;
  fileStores: FileStores;
  streams: EventStreams;
  summaries: EventSummaries;
  projects: Projects;
  runs: Runs;
  sources: Sources;
  subscriptions: Subscriptions;
  users: Users;
  webhookLog: WebhookLog;
  webhooks: Webhooks;
  workflows: Workflows;
  workspaces: Workspaces;
}
