const LEVELS: Readonly<Record<number, string>> = {
  10: "trace",
  20: "debug",
  30: "",
  40: "warn",
  50: "error",
  60: "fatal",
};

/** What every line has, or what its own words below say. */
const SPOKEN = new Set(["level", "time", "msg", "err", "reqId", "method", "route", "status", "took_ms", "caller"]);

/** A JSON line of the log as a person at a terminal reads it: time, level when it matters, what happened. */
export function readableLine(json: string): string {
  const line = JSON.parse(json) as Record<string, unknown>;
  const details = Object.entries(line).filter(([name]) => !SPOKEN.has(name));
  const words = [
    text(line["time"]).slice(11, 19),
    LEVELS[Number(line["level"])] ?? "",
    line["msg"] === "request" ? requestWords(line) : text(line["msg"]),
    ...details.map(([name, value]) => `${name}=${text(value)}`),
  ];
  const sentence = words.filter((word) => word !== "").join("  ");
  return `${sentence}\n${errorLines(line["err"])}`;
}

function requestWords({ method, route, status, took_ms: tookMs }: Record<string, unknown>): string {
  return `${text(method)} ${text(route ?? "(no route)")} ${text(status)} in ${text(tookMs)} ms`;
}

function errorLines(error: unknown): string {
  if (typeof error !== "object" || error === null) return "";
  const { stack, message } = error as { stack?: unknown; message?: unknown };
  return `${text(stack ?? message).replaceAll(/^/gm, "    ")}\n`;
}

function text(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value) ?? "");
}
