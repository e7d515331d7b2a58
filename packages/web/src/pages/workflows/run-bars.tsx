import { Link } from "@tanstack/react-router";
import { useRead } from "../../api/index.ts";
import { durationText } from "../../ui/index.ts";

const COUNT = 20;
const COLORS: Readonly<Record<string, string>> = {
  success: "bg-good",
  error: "bg-bad",
  paused: "bg-warn",
  running: "bg-info",
  queued: "bg-info",
  cancelled: "bg-muted",
};

/** The last runs as bars, oldest first: colour for the outcome, height for the duration. */
export function RunBars({ workflowId }: { workflowId: string }) {
  const { data } = useRead("listWorkflowRuns", { workflow_id: workflowId, limit: COUNT });
  if (data === undefined) return <span className="block h-6 w-28" />;
  if (data.data.length === 0) return <span className="text-xs text-muted">never ran</span>;
  const runs = data.data.toReversed();
  const longestMs = Math.max(1, ...runs.map((run) => (run.ended_at_ms ?? run.started_at_ms) - run.started_at_ms));
  const good = runs.filter((run) => run.status === "success").length;
  return (
    <span className="flex items-center gap-2">
      <span className="flex h-6 items-end gap-px" aria-hidden>
        {runs.map((run) => {
          const durationMs = (run.ended_at_ms ?? run.started_at_ms) - run.started_at_ms;
          return (
            <Link
              key={run.id}
              to="/runs/$id"
              params={{ id: run.id }}
              tabIndex={-1}
              title={`${run.status}, ${durationText(durationMs)}`}
              style={{ height: `${Math.max(20, Math.round((durationMs / longestMs) * 100))}%` }}
              className={`w-1 rounded-sm ${COLORS[run.status] ?? "bg-muted"}`}
            />
          );
        })}
      </span>
      <span className="text-xs whitespace-nowrap text-muted">{Math.round((good / runs.length) * 100)} % good</span>
    </span>
  );
}
