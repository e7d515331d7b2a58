import { Link } from "@tanstack/react-router";
import type { CallReply } from "@millrace/client";
import { useMemo, type ReactNode } from "react";
import { useRead } from "../../api/index.ts";
import { useWorkspace } from "../../shell/index.ts";
import { durationText, Status, Table, Time, type Column } from "../../ui/index.ts";

export type RunSummary = CallReply<"listWorkflowRuns">["data"][number];

const COLUMNS: readonly Column<RunSummary>[] = [
  { head: "Status", cell: ({ status }) => <Status status={status} /> },
  {
    head: "Started",
    cell: ({ id, started_at_ms }) => (
      <Link to="/runs/$id" params={{ id }} className="font-medium hover:underline">
        <Time atMs={started_at_ms} />
      </Link>
    ),
  },
  {
    head: "Took",
    cell: ({ started_at_ms, ended_at_ms }) => (ended_at_ms === null ? "…" : durationText(ended_at_ms - started_at_ms)),
    className: "whitespace-nowrap tabular-nums",
  },
  { head: "Trigger", cell: ({ trigger }) => trigger.type },
  {
    head: "Result",
    cell: ({ error, replay_of }) =>
      error ? (
        <span className="line-clamp-1 break-all text-bad">
          {error.step !== undefined && <b className="font-medium">{error.step}: </b>}
          {error.message}
        </span>
      ) : (
        <span className="text-muted">{replay_of === null ? "" : "replay"}</span>
      ),
  },
];

type List = Parameters<typeof Table<RunSummary>>[0]["list"];

interface RunTableProps {
  label?: string;
  /** Lists of several workflows say which one it was. */
  hasWorkflow?: boolean;
  list: List;
  empty: ReactNode;
}

export function RunTable({ label = "Runs", hasWorkflow = false, list, empty }: RunTableProps) {
  const columns = useColumns(hasWorkflow);
  return <Table label={label} columns={columns} list={list} keyOf={({ id }) => id} empty={empty} />;
}

function useColumns(hasWorkflow: boolean): readonly Column<RunSummary>[] {
  const workspace = useWorkspace();
  const workflows = useRead("listWorkflows", { org_id: workspace.id, limit: 100 }, { enabled: hasWorkflow });
  return useMemo(() => {
    if (!hasWorkflow) return COLUMNS;
    const names = new Map(workflows.data?.data.map(({ id, name }) => [id, name]));
    const workflow: Column<RunSummary> = {
      head: "Workflow",
      cell: ({ workflow_id: id }) => (
        <Link to="/workflows/$id" params={{ id }} className="hover:underline">
          {names.get(id) ?? id}
        </Link>
      ),
    };
    return COLUMNS.toSpliced(2, 0, workflow);
  }, [hasWorkflow, workflows.data]);
}
