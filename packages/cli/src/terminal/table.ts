import { stripVTControlCharacters, styleText } from "node:util";

const MIN_CELL_CHARS = 8;
const GAP = "  ";

/** Rows under headings, as wide as the terminal: the last column is cut. Elsewhere nothing is cut. */
export function tableOf(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return "(nothing)";
  const plain = rows.map((row) => row.map((cell) => stripVTControlCharacters(cell).replace(/\s+/g, " ")));
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...plain.map((row) => row[column]?.length ?? 0)),
  );
  const { columns } = process.stdout;
  const lineOf = (cells: readonly string[]): string => {
    const line = cells
      .map((cell, column) => (column === cells.length - 1 ? cell : cell.padEnd(widths[column] ?? 0)))
      .join(GAP);
    return process.stdout.isTTY && line.length > columns
      ? `${line.slice(0, Math.max(MIN_CELL_CHARS, columns - 1))}…`
      : line;
  };
  const head = styleText("dim", lineOf(headings), { stream: process.stdout });
  return [head, ...plain.map((row) => lineOf(row))].join("\n");
}

/** A moment as people read it. @param atMs epoch ms */
export function when(atMs: number): string {
  return new Date(atMs).toISOString().replace("T", " ").slice(0, 19);
}
