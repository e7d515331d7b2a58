import { useState } from "react";
import { useChange, useList } from "../../api/index.ts";
import { useWorkspace } from "../../shell/index.ts";
import {
  Button,
  Checkbox,
  CopyText,
  Dialog,
  Empty,
  ErrorNote,
  Field,
  Panel,
  Table,
  TextInput,
  Time,
} from "../../ui/index.ts";

export function ApiKeys() {
  const workspace = useWorkspace();
  const [isCreating, setIsCreating] = useState(false);
  const list = useList("listApiKeys", { workspace_id: workspace.id });
  const remove = useChange("deleteApiKey", { stale: ["listApiKeys"] });
  return (
    <Panel
      title="API keys"
      actions={
        <Button small onClick={() => setIsCreating(true)}>
          New key
        </Button>
      }
      isFlush
    >
      {remove.error !== null && <ErrorNote error={remove.error} />}
      <Table
        label="API keys"
        list={list}
        keyOf={({ id }) => id}
        empty={<Empty title="No API key yet" />}
        columns={[
          { head: "Name", cell: ({ name }) => <span className="font-medium">{name}</span> },
          { head: "Key", cell: ({ hint }) => <code className="text-xs text-muted">…{hint}</code> },
          { head: "May", cell: ({ scopes }) => (scopes.length === 0 ? "everything" : scopes.join(", ")) },
          {
            head: "Last used",
            cell: ({ last_used_at }) => (last_used_at === null ? "never" : <Time atMs={last_used_at * 1_000} />),
            className: "text-muted",
          },
          {
            head: "Expires",
            cell: ({ expires_at }) => (expires_at === null ? "never" : <Time atMs={expires_at * 1_000} />),
            className: "text-muted",
          },
          {
            head: "Actions",
            cell: ({ id }) => (
              <Button small kind="danger" onClick={() => remove.mutate({ workspace_id: workspace.id, api_key_id: id })}>
                Revoke
              </Button>
            ),
          },
        ]}
      />
      <NewApiKey isOpen={isCreating} onClose={() => setIsCreating(false)} />
    </Panel>
  );
}

function NewApiKey({ isOpen, onClose }: { isOpen: boolean; onClose(): void }) {
  const workspace = useWorkspace();
  const [name, setName] = useState("");
  const [isReadOnly, setIsReadOnly] = useState(false);
  const create = useChange("createApiKey", { stale: ["listApiKeys"] });
  const close = (): void => {
    create.reset();
    setName("");
    onClose();
  };
  const key = create.data?.data.key;
  return (
    <Dialog title="New API key" isOpen={isOpen} onClose={close}>
      {key === undefined ? (
        <div className="flex flex-col gap-4">
          <Field label="Name" hint="What it is for.">
            {(ids) => <TextInput {...ids} value={name} onChange={(event) => setName(event.target.value)} />}
          </Field>
          <Checkbox
            label="It may only read"
            checked={isReadOnly}
            onChange={(event) => setIsReadOnly(event.target.checked)}
          />
          {create.error !== null && <ErrorNote error={create.error} />}
          <Button
            kind="primary"
            className="self-end"
            isBusy={create.isPending}
            onClick={() => create.mutate({ workspace_id: workspace.id, name, ...(isReadOnly && { scopes: ["read"] }) })}
          >
            Create
          </Button>
        </div>
      ) : (
        <div className="flex flex-col gap-3">
          <p className="text-sm">It is shown only now.</p>
          <CopyText text={key} label="the key" />
          <Button kind="primary" className="self-end" onClick={close}>
            Done
          </Button>
        </div>
      )}
    </Dialog>
  );
}
