/** Who may do what, and with which secrets: users, workspaces, keys, the vault, connected accounts and their apps. */
export { Users, type CurrentUser } from "./users.ts";
export { workspaceOf, type Workspace, type WorkspaceRow } from "./workspaces.ts";
