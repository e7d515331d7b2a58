import type { Readable } from "node:stream";

/** A line that does not end is cut here. */
const MAX_LINE_CHARS = 16 * 1024;

/** Cuts what a stream brings into lines, the last one too when it has no end. */
export function logLines(stream: Readable, log: (line: string) => void): void {
  let rest = "";
  stream.setEncoding("utf8");
  stream.on("data", (text: string) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) log(line);
    if (rest.length <= MAX_LINE_CHARS) return;
    log(rest);
    rest = "";
  });
  stream.on("end", () => {
    if (rest !== "") log(rest);
  });
  stream.on("error", () => undefined);
}
