import { join } from "node:path";
import type { StepRun } from "../steps/index.ts";
import { PYTHON, startProgram } from "./child-program.ts";
import type { ProgramOptions } from "./child-program.ts";
import { PythonWorker } from "./python-worker.ts";

const MAIN = join(import.meta.dirname, "python", "main.py");
/** So many are kept however long nothing runs; the others for a while. */
const MAX_IDLE = 2;
const IDLE_TIMEOUT_MS = 10_000;

/** The Python processes of one runner: as many as steps run at once, each running one at a time. */
export class PythonPool {
  readonly #memoryBytes: number;
  /** The one used last is the last. */
  #idle: PythonWorker[] = [];
  #willTrim = false;

  constructor(memoryBytes: number) {
    this.#memoryBytes = memoryBytes;
  }

  /** Runs a step. @returns what its handler returned. @throws ScriptError, LimitError */
  async run(step: StepRun, options: ProgramOptions): Promise<unknown> {
    const worker = this.#idle.pop() ?? this.#start(options);
    try {
      return await worker.run(step);
    } finally {
      if (!worker.hasEnded) this.#idle.push(worker);
      if (this.#idle.length > MAX_IDLE) this.#trimLater();
    }
  }

  #start(options: ProgramOptions): PythonWorker {
    const args = ["-I", "-B", "-X", "utf8", MAIN, `${this.#memoryBytes}`];
    const worker = new PythonWorker(startProgram(PYTHON, args, options));
    void worker.ended.then(() => (this.#idle = this.#idle.filter((idle) => idle !== worker)));
    return worker;
  }

  #trimLater(): void {
    if (this.#willTrim) return;
    this.#willTrim = true;
    setTimeout(() => this.#trim(), IDLE_TIMEOUT_MS).unref();
  }

  #trim(): void {
    this.#willTrim = false;
    for (const worker of this.#idle.splice(0, this.#idle.length - MAX_IDLE)) worker.kill();
  }
}
