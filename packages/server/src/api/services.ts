import type { Accounts, ApiKeys, Apps, AuditLog, Projects, Users, Workspaces } from "../accounts/index.ts";

/** What the routes work with. A route takes only what it needs: `Pick<ApiServices, "users">`. */
export interface ApiServices {
  accounts: Accounts;
  apiKeys: ApiKeys;
  apps: Apps;
  audit: AuditLog;
  projects: Projects;
  users: Users;
  workspaces: Workspaces;
}
