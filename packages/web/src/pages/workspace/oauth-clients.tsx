import { useState } from "react";
import { useChange, useList } from "../../api/index.ts";
import { useWorkspace } from "../../shell/index.ts";
import { Button, CopyText, Empty, ErrorNote, Field, Panel, Table, TextInput, Time } from "../../ui/index.ts";

/** Programs that get access tokens of this workspace. */
export function OauthClients() {
  const workspace = useWorkspace();
  const [name, setName] = useState("");
  const list = useList("listOauthClients", { workspace_id: workspace.id });
  const create = useChange("createOauthClient", { stale: ["listOauthClients"] });
  const rotate = useChange("rotateOauthClientSecret", { stale: ["listOauthClients"] });
  const remove = useChange("deleteOauthClient", { stale: ["listOauthClients"] });
  const made = create.data?.data ?? rotate.data?.data;
  const error = create.error ?? rotate.error ?? remove.error;
  return (
    <div className="flex flex-col gap-5">
      <Panel title="OAuth clients" isFlush>
        <Table
          label="OAuth clients"
          list={list}
          keyOf={({ id }) => id}
          empty={<Empty title="No OAuth client yet" />}
          columns={[
            { head: "Name", cell: (client) => <span className="font-medium">{client.name}</span> },
            { head: "Client id", cell: ({ client_id }) => <code className="text-xs">{client_id}</code> },
            { head: "Role", cell: ({ role }) => role },
            {
              head: "Last used",
              cell: ({ last_used_at }) => (last_used_at === null ? "never" : <Time atMs={last_used_at * 1_000} />),
              className: "text-muted",
            },
            {
              head: "Actions",
              cell: ({ client_id }) => (
                <span className="flex gap-2">
                  <Button small onClick={() => rotate.mutate({ workspace_id: workspace.id, client_id })}>
                    Rotate secret
                  </Button>
                  <Button small kind="danger" onClick={() => remove.mutate({ workspace_id: workspace.id, client_id })}>
                    Delete
                  </Button>
                </span>
              ),
            },
          ]}
        />
      </Panel>
      <div className="flex flex-wrap items-end gap-3">
        <Field label="New OAuth client">
          {(ids) => (
            <TextInput {...ids} placeholder="Name" value={name} onChange={(event) => setName(event.target.value)} />
          )}
        </Field>
        <Button
          kind="primary"
          disabled={name === ""}
          isBusy={create.isPending}
          onClick={() => create.mutate({ workspace_id: workspace.id, name }, { onSuccess: () => setName("") })}
        >
          Create
        </Button>
      </div>
      {error !== null && <ErrorNote error={error} />}
      {made?.client_secret !== undefined && (
        <Panel title={`The secret of ${made.name}`}>
          <p className="mb-2 text-sm text-muted">It is shown only now.</p>
          <CopyText text={made.client_secret} label="the secret" />
        </Panel>
      )}
    </div>
  );
}
