import { useEffect, useState } from "react";

const UNITS: readonly [limitMs: number, divisorMs: number, unit: Intl.RelativeTimeFormatUnit][] = [
  [60_000, 1_000, "second"],
  [3_600_000, 60_000, "minute"],
  [86_400_000, 3_600_000, "hour"],
  [Number.POSITIVE_INFINITY, 86_400_000, "day"],
];
const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto", style: "short" });
const absolute = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

/** "3 min. ago", with the exact time as its tooltip. */
export function Time({ atMs }: { atMs: number }) {
  const [nowMs, setNowMs] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNowMs(Date.now()), 20_000);
    return () => clearInterval(timer);
  }, []);
  const differenceMs = atMs - nowMs;
  const [, divisorMs, unit] = UNITS.find(([limitMs]) => Math.abs(differenceMs) < limitMs) ?? [
    0,
    1_000,
    "second" as const,
  ];
  return (
    <time dateTime={new Date(atMs).toISOString()} title={absolute.format(atMs)} className="whitespace-nowrap">
      {relative.format(Math.round(differenceMs / divisorMs), unit)}
    </time>
  );
}

/** "12 ms", "3.4 s", "2 min 5 s". */
export function durationText(durationMs: number): string {
  if (durationMs < 1_000) return `${Math.round(durationMs)} ms`;
  if (durationMs < 60_000) return `${(durationMs / 1_000).toFixed(1)} s`;
  const minutes = Math.floor(durationMs / 60_000);
  return `${minutes} min ${Math.round((durationMs % 60_000) / 1_000)} s`;
}
