const WIDTH = 30;

/** Where a bar is drawn; `process.stderr` is one. */
export interface BarOutput {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** One line at a terminal that is drawn over again and again; silent anywhere else. */
export class ProgressBar {
  readonly #output: BarOutput;
  #lastLine = "";

  constructor(output: BarOutput) {
    this.#output = output;
  }

  /** Shows how much of a whole is done; null: not known yet. */
  draw(label: string, { done, total }: { done: number; total: number | null }): void {
    const filled = total === null || total === 0 ? 0 : Math.min(WIDTH, Math.round((done / total) * WIDTH));
    const bar = `[${"█".repeat(filled)}${" ".repeat(WIDTH - filled)}]`;
    const line = total === null ? label : `${bar} ${done}/${total}  ${label}`;
    if (this.#output.isTTY !== true || line === this.#lastLine) return;
    this.#lastLine = line;
    this.#output.write(`\r\u001B[K${line}`);
  }

  /** Takes the line away. */
  clear(): void {
    if (this.#lastLine !== "") this.#output.write("\r\u001B[K");
    this.#lastLine = "";
  }
}
