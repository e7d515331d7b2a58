import { useState } from "react";
import { describeError, useChange, useList } from "../../api/index.ts";
import { useSession, useWorkspace } from "../../shell/index.ts";
import {
  Button,
  CopyText,
  Empty,
  ErrorNote,
  Field,
  Panel,
  Select,
  Table,
  TextInput,
  Time,
  useToast,
} from "../../ui/index.ts";

const ROLES = ["viewer", "member", "admin", "owner"] as const;
type Role = (typeof ROLES)[number];

export function Members() {
  const workspace = useWorkspace();
  const session = useSession();
  const say = useToast();
  const isAdmin = workspace.role === "owner" || workspace.role === "admin";
  const list = useList("listMembers", { workspace_id: workspace.id });
  const update = useChange("updateMember", { stale: ["listMembers"] });
  const remove = useChange("deleteMember", { stale: ["listMembers"] });
  const onError = (error: unknown): void => say(describeError(error), { isBad: true });
  const setRole = (userId: string, role: string): void =>
    update.mutate({ workspace_id: workspace.id, user_id: userId, role: role as Role }, { onError });
  return (
    <div className="flex flex-col gap-5">
      <Panel title="Members" isFlush>
        <Table
          label="Members"
          list={list}
          keyOf={({ user_id }) => user_id}
          empty={<Empty title="Nobody" />}
          columns={[
            { head: "Email", cell: ({ email }) => <span className="font-medium">{email}</span> },
            { head: "Name", cell: ({ username }) => username },
            {
              head: "Role",
              cell: ({ user_id, role, email }) =>
                isAdmin && user_id !== session.data?.user.id ? (
                  <Select
                    aria-label={`Role of ${email}`}
                    className="w-32!"
                    value={role}
                    onChange={(event) => setRole(user_id, event.target.value)}
                  >
                    {ROLES.map((name) => (
                      <option key={name}>{name}</option>
                    ))}
                  </Select>
                ) : (
                  role
                ),
            },
            { head: "Since", cell: ({ joined_at }) => <Time atMs={joined_at * 1_000} />, className: "text-muted" },
            {
              head: "Actions",
              cell: ({ user_id }) =>
                isAdmin &&
                user_id !== session.data?.user.id && (
                  <Button
                    small
                    kind="danger"
                    onClick={() => remove.mutate({ workspace_id: workspace.id, user_id }, { onError })}
                  >
                    Remove
                  </Button>
                ),
            },
          ]}
        />
      </Panel>
      {isAdmin && <Invitations />}
    </div>
  );
}

function Invitations() {
  const workspace = useWorkspace();
  const [email, setEmail] = useState("");
  const [role, setRole] = useState<Role>("member");
  const list = useList("listInvitations", { workspace_id: workspace.id });
  const create = useChange("createInvitation", { stale: ["listInvitations"] });
  const remove = useChange("deleteInvitation", { stale: ["listInvitations"] });
  const made = create.data?.data;
  return (
    <Panel title="Invitations">
      <div className="flex flex-wrap items-end gap-3">
        <Field label="Email">
          {(ids) => (
            <TextInput {...ids} type="email" value={email} onChange={(event) => setEmail(event.target.value)} />
          )}
        </Field>
        <Field label="Role">
          {(ids) => (
            <Select {...ids} value={role} onChange={(event) => setRole(event.target.value as Role)}>
              {ROLES.map((name) => (
                <option key={name}>{name}</option>
              ))}
            </Select>
          )}
        </Field>
        <Button
          kind="primary"
          disabled={email === ""}
          isBusy={create.isPending}
          onClick={() => create.mutate({ workspace_id: workspace.id, email, role }, { onSuccess: () => setEmail("") })}
        >
          Invite
        </Button>
      </div>
      {create.error !== null && <ErrorNote error={create.error} />}
      {made?.url !== undefined && (
        <div className="mt-3 flex flex-col gap-2 text-sm">
          <p>
            {made.is_mailed === true
              ? `The link was mailed to ${made.email}.`
              : `Hand this link to ${made.email}; it is shown only now.`}
          </p>
          <CopyText text={made.url} label="the invitation" />
        </div>
      )}
      <ul className="mt-4 divide-y">
        {list.items.map((invitation) => (
          <li key={invitation.id} className="flex items-center gap-3 py-2 text-sm">
            <span className="min-w-0 flex-1 truncate">{invitation.email}</span>
            <span className="text-muted">{invitation.role}</span>
            <span className="text-xs text-muted">
              ends <Time atMs={invitation.expires_at * 1_000} />
            </span>
            <Button
              small
              kind="danger"
              onClick={() => remove.mutate({ workspace_id: workspace.id, invitation_id: invitation.id })}
            >
              Withdraw
            </Button>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
