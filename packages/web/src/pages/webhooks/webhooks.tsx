import { useState } from "react";
import { Plus } from "lucide-react";
import { Link } from "@tanstack/react-router";
import type { CallReply } from "@millrace/client";
import { useChange, useList } from "../../api/index.ts";
import { mayEdit, useWorkspace } from "../../shell/index.ts";
import {
  Button,
  CopyText,
  Dialog,
  Empty,
  ErrorNote,
  Field,
  Page,
  Panel,
  Status,
  Table,
  TextInput,
  Time,
  type Column,
} from "../../ui/index.ts";
import { Subscriptions } from "./subscriptions.tsx";

type Webhook = CallReply<"getWebhook">["data"];

const COLUMNS: readonly Column<Webhook>[] = [
  {
    head: "Webhook",
    cell: ({ id, name, url }) => (
      <Link to="/webhooks/$id" params={{ id }} className="font-medium hover:underline">
        {name ?? url}
      </Link>
    ),
  },
  { head: "State", cell: ({ active }) => <Status status={active ? "active" : "inactive"} /> },
  { head: "URL", cell: ({ url }) => <span className="line-clamp-1 break-all text-muted">{url}</span> },
  { head: "Made", cell: ({ created_at }) => <Time atMs={created_at * 1_000} />, className: "text-muted" },
];

export function WebhooksPage() {
  const workspace = useWorkspace();
  const [isCreating, setIsCreating] = useState(false);
  const list = useList("listWorkspaceWebhooks", { workspace_id: workspace.id });
  const create = mayEdit(workspace) && (
    <Button kind="primary" onClick={() => setIsCreating(true)}>
      <Plus aria-hidden className="size-4" />
      New webhook
    </Button>
  );
  return (
    <Page
      title="Webhooks"
      lead="URLs outside that get events, signed, and again until they take them."
      actions={create}
    >
      <Panel isFlush>
        <Table
          label="Webhooks"
          columns={COLUMNS}
          list={list}
          keyOf={({ id }) => id}
          empty={<Empty title="No webhook yet" action={create} />}
        />
      </Panel>
      <Subscriptions />
      <NewWebhook isOpen={isCreating} onClose={() => setIsCreating(false)} />
    </Page>
  );
}

function NewWebhook({ isOpen, onClose }: { isOpen: boolean; onClose(): void }) {
  const workspace = useWorkspace();
  const [url, setUrl] = useState("");
  const [name, setName] = useState("");
  const create = useChange("createWebhook", { stale: ["listWorkspaceWebhooks"] });
  const close = (): void => {
    create.reset();
    onClose();
  };
  const key = create.data?.data.signing_key;
  return (
    <Dialog title="New webhook" isOpen={isOpen} onClose={close}>
      {key !== undefined ? (
        <div className="flex flex-col gap-3 text-sm">
          <p>Keep the key that its signatures are verified with: it is shown only now.</p>
          <CopyText text={key} label="the signing key" />
          <Button kind="primary" className="self-end" onClick={close}>
            Done
          </Button>
        </div>
      ) : (
        <div className="flex flex-col gap-4">
          <Field label="URL">
            {(ids) => (
              <TextInput
                {...ids}
                type="url"
                placeholder="https://…"
                value={url}
                onChange={(event) => setUrl(event.target.value)}
              />
            )}
          </Field>
          <Field label="Name" isOptional>
            {(ids) => <TextInput {...ids} value={name} onChange={(event) => setName(event.target.value)} />}
          </Field>
          {create.error !== null && <ErrorNote error={create.error} />}
          <Button
            kind="primary"
            className="self-end"
            isBusy={create.isPending}
            onClick={() => create.mutate({ url, org_id: workspace.id, ...(name !== "" && { name }) })}
          >
            Create
          </Button>
        </div>
      )}
    </Dialog>
  );
}
