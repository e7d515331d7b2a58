import type {
  AccessTokens,
  Accounts,
  ApiKeys,
  Apps,
  AuditLog,
  Connections,
  KeyRetirement,
  OauthApps,
  OauthClients,
  Projects,
  RequestSigner,
  Usage,
  Users,
  Workspaces,
} from "../accounts/index.ts";
import type { Logins, OidcLogins, PasswordLinks, Sessions, SignUps } from "../accounts/logins/index.ts";
import type { Invitations, Members, WorkspaceRemoval } from "../accounts/members/index.ts";
import type { SystemReporter } from "./system-reporter.ts";
import type { BrowserCookies } from "./browser-cookies.ts";
import type { WebhookLog, Webhooks } from "../delivery/index.ts";
import type { EventStreams, EventSummaries, Subscriptions } from "../events/index.ts";
import type { SourceDb, Sources } from "../sources/index.ts";
import type { Components } from "../registry/index.ts";
import type { RegistryImports } from "../registry/imports/index.ts";
import type { ComponentSearch } from "../search/index.ts";
import type { AccountUses, EnvVars, PropConfiguration, Workflows } from "../workflows/index.ts";
import type { Runs, StepTests } from "../workflows/engine/index.ts";
import type { FileStores } from "../workflows/files/index.ts";
import type { DataStores } from "../workflows/stores/index.ts";

/** What the routes work with. A route takes only what it needs: `Pick<ApiServices, "users">`. */
export interface ApiServices {
  accessTokens: AccessTokens;
  accounts: Accounts;
  accountUses: AccountUses;
  apiKeys: ApiKeys;
  apps: Apps;
  audit: AuditLog;
  connections: Connections;
  cookies: BrowserCookies;
  imports: RegistryImports;
  invitations: Invitations;
  logins: Logins;
  members: Members;
  /** Null: people log in with passwords only. */
  oidc: OidcLogins | null;
  passwordLinks: PasswordLinks;
  sessions: Sessions;
  signUps: SignUps;
  workspaceRemoval: WorkspaceRemoval;
  components: Components;
  componentSearch: ComponentSearch;
  dataStores: DataStores;
  envVars: EnvVars;
  fileStores: FileStores;
  streams: EventStreams;
  summaries: EventSummaries;
  keyRetirement: KeyRetirement;
  oauthApps: OauthApps;
  oauthClients: OauthClients;
  projects: Projects;
  propConfiguration: PropConfiguration;
  requestSigner: RequestSigner;
  runs: Runs;
  sourceDb: SourceDb;
  sources: Sources;
  stepTests: StepTests;
  subscriptions: Subscriptions;
  usage: Usage;
  users: Users;
  system: SystemReporter;
  webhookLog: WebhookLog;
  webhooks: Webhooks;
  workflows: Workflows;
  workspaces: Workspaces;
}
