import { Link, useNavigate } from "@tanstack/react-router";
import { Plus } from "lucide-react";
import { useList } from "../../api/index.ts";
import { mayEdit, useWorkspace } from "../../shell/index.ts";
import { Button, Empty, Page, Panel, Status, Table, Time, type Column } from "../../ui/index.ts";
import type { CallReply } from "@millrace/client";
import { RunBars } from "./run-bars.tsx";

type Workflow = CallReply<"listWorkflows">["data"][number];

const COLUMNS: readonly Column<Workflow>[] = [
  {
    head: "Name",
    cell: ({ id, name }) => (
      <Link to="/workflows/$id" params={{ id }} className="font-medium hover:underline">
        {name}
      </Link>
    ),
  },
  { head: "State", cell: ({ active }) => <Status status={active ? "active" : "inactive"} /> },
  { head: "Last runs", cell: ({ id }) => <RunBars workflowId={id} /> },
  { head: "Changed", cell: ({ updated_at }) => <Time atMs={updated_at * 1_000} />, className: "text-muted" },
  { head: "Id", cell: ({ id }) => <code className="text-xs text-muted">{id}</code> },
];

export function WorkflowsPage() {
  const workspace = useWorkspace();
  const navigate = useNavigate();
  const list = useList("listWorkflows", { org_id: workspace.id });
  const create = mayEdit(workspace) && (
    <Button kind="primary" onClick={() => void navigate({ to: "/workflows/new" })}>
      <Plus aria-hidden className="size-4" />
      New workflow
    </Button>
  );
  return (
    <Page title="Workflows" lead="Steps of code that run when something happens." actions={create}>
      <Panel isFlush>
        <Table
          label="Workflows"
          columns={COLUMNS}
          list={list}
          keyOf={({ id }) => id}
          empty={
            <Empty title="No workflow yet" action={create}>
              A workflow starts with a trigger (a request, a schedule, a mail or an event) and runs your steps one after
              the other.
            </Empty>
          }
        />
      </Panel>
    </Page>
  );
}
