/** Who belongs to a workspace, how people come to it, and its end. */
export { Invitations, type InvitationRow, type ShownInvitation } from "./invitations.ts";
export { Members, type MemberRow } from "./members.ts";
export { WorkspaceRemoval } from "./workspace-removal.ts";
