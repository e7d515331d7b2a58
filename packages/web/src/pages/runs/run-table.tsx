import { Link } from "@tanstack/react-router";
import type { CallReply } from "@millrace/client";
import type { ReactNode } from "react";
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
  list: List;
  empty: ReactNode;
}

export function RunTable({ label = "Runs", list, empty }: RunTableProps) {
  return <Table label={label} columns={COLUMNS} list={list} keyOf={({ id }) => id} empty={empty} />;
}
