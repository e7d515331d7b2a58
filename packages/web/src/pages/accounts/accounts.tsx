import type { CallReply } from "@millrace/client";
import { useNavigate } from "@tanstack/react-router";
import { Plus } from "lucide-react";
import { useState } from "react";
import { describeError, useChange, useList } from "../../api/index.ts";
import { ConnectDialog } from "../../connect/index.ts";
import { mayEdit, useWorkspace } from "../../shell/index.ts";
import {
  Badge,
  Button,
  Confirm,
  Empty,
  Menu,
  Page,
  Panel,
  Table,
  Time,
  useToast,
  type Column,
} from "../../ui/index.ts";
import { AccountUses } from "./account-uses.tsx";

type Account = CallReply<"listAccounts">["data"][number];

export function AccountsPage() {
  const workspace = useWorkspace();
  const navigate = useNavigate();
  const list = useList("listAccounts", { org_id: workspace.id });
  const connect = mayEdit(workspace) && (
    <Button kind="primary" onClick={() => void navigate({ to: "/apps" })}>
      <Plus aria-hidden className="size-4" />
      Connect an account
    </Button>
  );
  const columns: Column<Account>[] = [
    {
      head: "Account",
      cell: ({ id, name }) => (
        <span className="flex flex-col">
          <span className="font-medium">{name ?? id}</span>
          <code className="text-xs text-muted">{id}</code>
        </span>
      ),
    },
    { head: "App", cell: ({ app }) => app.name },
    {
      head: "Health",
      cell: ({ healthy, error }) =>
        healthy ? (
          <Badge tone="good">healthy</Badge>
        ) : (
          <span className="flex flex-col gap-1">
            <Badge tone="bad">needs you</Badge>
            <span className="line-clamp-2 text-xs text-bad">{error}</span>
          </span>
        ),
    },
    { head: "Connected", cell: ({ created_at }) => <Time atMs={Date.parse(created_at)} />, className: "text-muted" },
    { head: "Actions", cell: (account) => mayEdit(workspace) && <AccountActions account={account} /> },
  ];
  return (
    <Page
      title="Accounts"
      lead="What your components may use in your name. Credentials are sealed and never shown."
      actions={connect}
    >
      <Panel isFlush>
        <Table
          label="Accounts"
          columns={columns}
          list={list}
          keyOf={({ id }) => id}
          empty={<Empty title="No account yet" action={connect} />}
        />
      </Panel>
    </Page>
  );
}

function AccountActions({ account }: { account: Account }) {
  const say = useToast();
  const [dialog, setDialog] = useState<"reconnect" | "delete" | "uses" | null>(null);
  const test = useChange("testAccount", { stale: ["listAccounts"] });
  const remove = useChange("deleteAccount", { stale: ["listAccounts"] });
  const tryIt = (): void =>
    test.mutate(
      { account_id: account.id },
      {
        onError: (error) => say(describeError(error), { isBad: true }),
        onSuccess: ({ data, tested }) => {
          if (data.healthy) say(tested ? "It works." : "It has no test of its own; nothing speaks against it.");
          else say(data.error ?? "It does not work.", { isBad: true });
        },
      },
    );
  return (
    <>
      <Menu
        trigger={
          <Button small isBusy={test.isPending}>
            …<span className="sr-only">Actions for {account.name ?? account.id}</span>
          </Button>
        }
        items={[
          { label: "Test", onSelect: tryIt },
          { label: "What uses it", onSelect: () => setDialog("uses") },
          { label: "Connect again", onSelect: () => setDialog("reconnect") },
          { label: "Delete", isDangerous: true, onSelect: () => setDialog("delete") },
        ]}
      />
      <AccountUses
        accountId={account.id}
        name={account.name ?? account.id}
        isOpen={dialog === "uses"}
        onClose={() => setDialog(null)}
      />
      <ConnectDialog
        app={account.app.id}
        accountId={account.id}
        isOpen={dialog === "reconnect"}
        onClose={() => setDialog(null)}
        onConnected={() => {
          setDialog(null);
          say("Connected again.");
        }}
      />
      <Confirm
        title={`Delete ${account.name ?? account.id}?`}
        action="Delete the account"
        isOpen={dialog === "delete"}
        isBusy={remove.isPending}
        error={remove.error}
        onClose={() => setDialog(null)}
        onConfirm={() => remove.mutate({ account_id: account.id }, { onSuccess: () => setDialog(null) })}
      >
        What is configured with it fails from then on. Where the provider allows it, its access is revoked there too.
      </Confirm>
    </>
  );
}
