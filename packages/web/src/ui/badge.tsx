import type { ReactNode } from "react";

const TONES = {
  good: "bg-good-soft text-good",
  bad: "bg-bad-soft text-bad",
  warn: "bg-warn-soft text-warn",
  info: "bg-info-soft text-info",
  plain: "bg-raised text-muted",
};

export type Tone = keyof typeof TONES;

export function Badge({ tone = "plain", children }: { tone?: Tone; children: ReactNode }) {
  return (
    <span className={`inline-flex items-center gap-1 rounded-full px-2 py-0.5 text-xs font-medium ${TONES[tone]}`}>
      {children}
    </span>
  );
}

const STATUS_TONES: Readonly<Record<string, Tone>> = {
  success: "good",
  active: "good",
  error: "bad",
  dead: "bad",
  paused: "warn",
  inactive: "plain",
  running: "info",
  queued: "info",
  cancelled: "plain",
  skipped: "plain",
};

/** A run's, step's, delivery's or source's status. */
export function Status({ status }: { status: string }) {
  return <Badge tone={STATUS_TONES[status] ?? "plain"}>{status}</Badge>;
}
