import type { Readable } from "node:stream";

/** A line that does not end is cut here. */
const MAX_LINE_CHARS = 16 * 1024;

/**
 * Cuts what a stream brings into lines.
 * @returns a function that takes what has come so far for a whole line.
 */
export function logLines(stream: Readable, log: (line: string) => void): () => void {
  let rest = "";
  const flush = (): void => {
    if (rest !== "") log(rest);
    rest = "";
  };
  stream.setEncoding("utf8");
  stream.on("data", (text: string) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) log(line);
    if (rest.length > MAX_LINE_CHARS) flush();
  });
  stream.on("end", flush);
  stream.on("error", () => undefined);
  return flush;
}
