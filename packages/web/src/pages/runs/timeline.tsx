import type { CallReply } from "@millrace/client";
import { durationText, Status } from "../../ui/index.ts";

export type Run = CallReply<"getRun">["data"];
export type RunStep = Run["steps"][number];

const BAR_COLORS: Readonly<Record<string, string>> = {
  success: "bg-good",
  error: "bg-bad",
  paused: "bg-warn",
  skipped: "bg-muted",
};

interface TimelineProps {
  run: Run;
  chosen: number;
  onChoose(index: number): void;
}

/** Steps below each other, each with a bar for when it ran. */
export function Timeline({ run, chosen, onChoose }: TimelineProps) {
  const endMs = Math.max(run.ended_at_ms ?? run.started_at_ms, ...run.steps.map((step) => step.ended_at_ms));
  const spanMs = Math.max(1, endMs - run.started_at_ms);
  if (run.steps.length === 0) return <p className="px-4 py-6 text-center text-sm text-muted">No step has ended yet.</p>;
  return (
    <ol className="divide-y">
      {run.steps.map((step, index) => {
        const left = ((step.started_at_ms - run.started_at_ms) / spanMs) * 100;
        const width = ((step.ended_at_ms - step.started_at_ms) / spanMs) * 100;
        return (
          <li key={`${step.namespace}${index}`}>
            <button
              type="button"
              aria-pressed={index === chosen}
              onClick={() => onChoose(index)}
              className="flex w-full flex-col gap-1.5 px-4 py-2.5 text-left hover:bg-raised/60 aria-pressed:bg-accent-soft"
            >
              <span className="flex w-full items-center gap-2 text-sm">
                <span className="min-w-0 flex-1 truncate font-medium">
                  {step.namespace}
                  {step.index !== undefined && <span className="text-muted"> [{step.index.join("][")}]</span>}
                </span>
                {step.attempts > 1 && <span className="text-xs text-muted">{step.attempts} attempts</span>}
                <span className="text-xs text-muted tabular-nums">
                  {durationText(step.ended_at_ms - step.started_at_ms)}
                </span>
                <Status status={step.status} />
              </span>
              <span aria-hidden className="relative h-1 w-full rounded bg-raised">
                <span
                  className={`absolute h-1 rounded ${BAR_COLORS[step.status] ?? "bg-muted"}`}
                  style={{
                    left: `${Math.min(99, Math.max(0, left))}%`,
                    width: `${Math.max(1, Math.min(100, width))}%`,
                  }}
                />
              </span>
            </button>
          </li>
        );
      })}
    </ol>
  );
}
