import type { Accounts, ApiKeys, Apps, AuditLog, Projects, Users, Workspaces } from "../accounts/index.ts";
import type { Sources } from "../sources/index.ts";
import type { Components } from "../registry/index.ts";

/** What the routes work with. A route takes only what it needs: `Pick<ApiServices, "users">`. */
export interface ApiServices {
  accounts: Accounts;
  apiKeys: ApiKeys;
  apps: Apps;
  audit: AuditLog;
  components: Components;
  projects: Projects;
  sources: Sources;
  users: Users;
  workspaces: Workspaces;
}
