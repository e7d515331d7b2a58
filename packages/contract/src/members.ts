import { Type } from "typebox";
import {
  dataOf,
  epochSeconds,
  noContent,
  nullable,
  pageOf,
  pageParameters,
  emailSchema,
  roleSchema,
} from "./conventions.ts";
import { operation } from "./operation.ts";

export const memberSchema = Type.Object({
  user_id: Type.String(),
  username: Type.String(),
  email: Type.String(),
  role: roleSchema,
  joined_at: epochSeconds,
});

export const invitationSchema = Type.Object({
  id: Type.String(),
  email: Type.String(),
  role: roleSchema,
  invited_by: nullable(Type.String({ description: "A user's id; null: the user is gone." })),
  created_at: epochSeconds,
  expires_at: epochSeconds,
  url: Type.Optional(Type.String({ description: "The link to accept with; in the reply that made it only." })),
  is_mailed: Type.Optional(Type.Boolean({ description: "False: hand the link over yourself." })),
});

/** An invitation as the invited see it. */
export const shownInvitationSchema = Type.Object({
  workspace_id: Type.String(),
  workspace_name: Type.String(),
  email: Type.String(),
  role: roleSchema,
  invited_by_email: nullable(Type.String()),
  has_account: Type.Boolean({ description: "There is a user with this email: log in rather than sign up." }),
  expires_at: epochSeconds,
});

const workspaceId = Type.Object({ workspace_id: Type.String() });
const member = Type.Object({ workspace_id: Type.String(), user_id: Type.String() });
const oneTimeToken = Type.Object({
  token: Type.String({ maxLength: 1_000, description: "What stands behind the `#` of the link." }),
});

export const memberOperations = {
  listMembers: operation({
    id: "listMembers",
    method: "GET",
    path: "/workspaces/:workspace_id/members",
    summary: "List the members of a workspace",
    tag: "Members",
    access: "token",
    params: workspaceId,
    query: Type.Object({ ...pageParameters }),
    status: 200,
    reply: pageOf(memberSchema),
  }),
  updateMember: operation({
    id: "updateMember",
    method: "PUT",
    path: "/workspaces/:workspace_id/members/:user_id",
    summary: "Give a member another role",
    description: "Only owners make owners or change them. The last owner stays one (409).",
    tag: "Members",
    access: "user_key",
    role: "admin",
    params: member,
    body: Type.Object({ role: roleSchema }),
    status: 200,
    reply: dataOf(memberSchema),
  }),
  deleteMember: operation({
    id: "deleteMember",
    method: "DELETE",
    path: "/workspaces/:workspace_id/members/:user_id",
    summary: "Remove a member",
    description: "Only owners remove owners. The last owner stays (409). What the member made stays.",
    tag: "Members",
    access: "user_key",
    role: "admin",
    params: member,
    status: 204,
    reply: noContent,
  }),
  leaveWorkspace: operation({
    id: "leaveWorkspace",
    method: "POST",
    path: "/workspaces/:workspace_id/leave",
    summary: "Leave a workspace",
    description: "The last owner cannot (409).",
    tag: "Members",
    access: "user_key",
    role: "viewer",
    params: workspaceId,
    status: 204,
    reply: noContent,
  }),
};

export const invitationOperations = {
  createInvitation: operation({
    id: "createInvitation",
    method: "POST",
    path: "/workspaces/:workspace_id/invitations",
    summary: "Invite somebody to a workspace",
    description:
      "Mailed when the instance sends mail; the link is in this reply only. A new invitation for the same email takes the " +
      "place of the former. Only owners invite owners.",
    tag: "Members",
    access: "user_key",
    role: "admin",
    params: workspaceId,
    body: Type.Object({
      email: emailSchema,
      role: roleSchema,
      expires_in_s: Type.Optional(
        Type.Integer({ minimum: 60, maximum: 7_776_000, description: "How long the link works; a week when absent." }),
      ),
    }),
    status: 200,
    reply: dataOf(invitationSchema),
  }),
  listInvitations: operation({
    id: "listInvitations",
    method: "GET",
    path: "/workspaces/:workspace_id/invitations",
    summary: "List the invitations that nobody has accepted",
    tag: "Members",
    access: "user_key",
    role: "admin",
    params: workspaceId,
    query: Type.Object({ ...pageParameters }),
    status: 200,
    reply: pageOf(invitationSchema),
  }),
  deleteInvitation: operation({
    id: "deleteInvitation",
    method: "DELETE",
    path: "/workspaces/:workspace_id/invitations/:invitation_id",
    summary: "Revoke an invitation",
    tag: "Members",
    access: "user_key",
    role: "admin",
    params: Type.Object({ workspace_id: Type.String(), invitation_id: Type.String() }),
    status: 204,
    reply: noContent,
  }),
  describeInvitation: operation({
    id: "describeInvitation",
    method: "POST",
    path: "/invitations/describe",
    summary: "What an invitation's link leads to",
    tag: "Members",
    access: "public",
    handlesPasswords: true,
    body: oneTimeToken,
    status: 200,
    reply: dataOf(shownInvitationSchema),
  }),
  acceptInvitation: operation({
    id: "acceptInvitation",
    method: "POST",
    path: "/invitations/accept",
    summary: "Accept an invitation as the current user",
    description: "It must be for the user's email. People without an account sign up with the token instead.",
    tag: "Members",
    access: "user_key",
    role: "viewer",
    handlesPasswords: true,
    body: oneTimeToken,
    status: 200,
    reply: dataOf(shownInvitationSchema),
  }),
};
