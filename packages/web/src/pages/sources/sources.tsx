import type { CallReply } from "@millrace/client";
import { Link, useNavigate } from "@tanstack/react-router";
import { Plus } from "lucide-react";
import { useList } from "../../api/index.ts";
import { mayEdit, useWorkspace } from "../../shell/index.ts";
import { Button, Empty, Page, Panel, Status, Table, Time, type Column } from "../../ui/index.ts";

type Source = CallReply<"getSource">["data"];

const COLUMNS: readonly Column<Source>[] = [
  {
    head: "Name",
    cell: ({ id, name }) => (
      <Link to="/sources/$id" params={{ id }} className="font-medium hover:underline">
        {name}
      </Link>
    ),
  },
  { head: "State", cell: ({ active }) => <Status status={active ? "active" : "inactive"} /> },
  { head: "Changed", cell: ({ updated_at }) => <Time atMs={updated_at * 1_000} />, className: "text-muted" },
  { head: "Id", cell: ({ id }) => <code className="text-xs text-muted">{id}</code> },
];

export function SourcesPage() {
  const workspace = useWorkspace();
  const navigate = useNavigate();
  const list = useList("listWorkspaceSources", { workspace_id: workspace.id });
  const create = mayEdit(workspace) && (
    <Button kind="primary" onClick={() => void navigate({ to: "/sources/new" })}>
      <Plus aria-hidden className="size-4" />
      Deploy a source
    </Button>
  );
  return (
    <Page title="Sources" lead="Components that poll, listen or receive, and emit events." actions={create}>
      <Panel isFlush>
        <Table
          label="Sources"
          columns={COLUMNS}
          list={list}
          keyOf={({ id }) => id}
          empty={
            <Empty title="No source yet" action={create}>
              A source brings events in: it polls an API, takes requests at a URL of its own, or runs on a schedule.
            </Empty>
          }
        />
      </Panel>
    </Page>
  );
}
