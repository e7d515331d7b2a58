import { join } from "node:path";
import type { StepRun } from "../steps/index.ts";
import { PYTHON, startProgram } from "./child-program.ts";
import type { ProgramOptions } from "./child-program.ts";
import { PythonWorker } from "./python-worker.ts";

const MAIN = join(import.meta.dirname, "python", "main.py");
/** More are started when more steps run at once; so many are kept for later. */
const MAX_IDLE = 4;

/** The Python processes of one runner: as many as steps run at once, each running one at a time. */
export class PythonPool {
  readonly #memoryBytes: number;
  #idle: PythonWorker[] = [];

  constructor(memoryBytes: number) {
    this.#memoryBytes = memoryBytes;
  }

  /** Runs a step. @returns what its handler returned. @throws ScriptError, LimitError */
  async run(step: StepRun, options: ProgramOptions): Promise<unknown> {
    const worker = this.#idle.pop() ?? this.#start(options);
    try {
      return await worker.run(step);
    } finally {
      if (worker.hasEnded || this.#idle.length >= MAX_IDLE) worker.kill();
      else this.#idle.push(worker);
    }
  }

  #start(options: ProgramOptions): PythonWorker {
    const args = ["-I", "-B", "-X", "utf8", MAIN, `${this.#memoryBytes}`];
    const worker = new PythonWorker(startProgram(PYTHON, args, options));
    void worker.ended.then(() => (this.#idle = this.#idle.filter((idle) => idle !== worker)));
    return worker;
  }
}
