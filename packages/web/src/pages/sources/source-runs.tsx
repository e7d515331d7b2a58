import type { CallReply } from "@millrace/client";
import { useList } from "../../api/index.ts";
import { durationText, Empty, Panel, Status, Table, Time, type Column } from "../../ui/index.ts";

type SourceRun = CallReply<"listSourceRuns">["data"][number];

const COLUMNS: readonly Column<SourceRun>[] = [
  { head: "Status", cell: ({ status }) => <Status status={status} />, className: "align-top!" },
  { head: "Started", cell: ({ started_at_ms }) => <Time atMs={started_at_ms} />, className: "align-top!" },
  {
    head: "Took",
    cell: (run) => durationText(run.ended_at_ms - run.started_at_ms),
    className: "align-top! whitespace-nowrap",
  },
  { head: "Cause", cell: ({ cause }) => cause, className: "align-top!" },
  { head: "Emitted", cell: ({ emit_count }) => emit_count, className: "align-top! tabular-nums" },
  {
    head: "Said",
    cell: ({ error, logs }) => (
      <div className="flex flex-col gap-0.5 font-mono text-xs">
        {error !== null && (
          <span className="break-words text-bad">{error.stack ?? `${error.name}: ${error.message}`}</span>
        )}
        {logs.map((log, index) => (
          <span key={index} className="break-words whitespace-pre-wrap text-muted">
            {log.msg ?? log.err?.message ?? log.k}
          </span>
        ))}
      </div>
    ),
  },
];

export function SourceRuns({ sourceId }: { sourceId: string }) {
  const list = useList("listSourceRuns", { id: sourceId }, { everyMs: 5_000 });
  return (
    <Panel isFlush>
      <Table
        label="Runs of the source"
        columns={COLUMNS}
        list={list}
        keyOf={({ id }) => id}
        empty={<Empty title="It has not run yet" />}
      />
    </Panel>
  );
}
