import type { StepRun } from "../steps/index.ts";
import { runBash } from "./bash-step.ts";
import type { ProgramOptions } from "./child-program.ts";
import { startEgressForwarder } from "./egress-forwarder.ts";
import { PythonPool } from "./python-pool.ts";
import { Turns } from "./turns.ts";

export interface LanguageOptions {
  /** Unix socket of the egress proxy; null where there is none. */
  readonly egressSocket: string | null;
  readonly hasOwnLoopback: boolean;
  /** Where scripts start and what their HOME is. */
  readonly workDir: string;
  /** Memory of the deployment. */
  readonly memoryMb: number;
  /** Words to put before every command that is started. */
  readonly wrapper: readonly string[];
  /** Where programs are looked for. */
  readonly searchPath?: string;
}

const SEARCH_PATH = "/usr/local/bin:/usr/bin:/bin:/run/current-system/sw/bin";
const OWN_ADDRESSES = "localhost,127.0.0.1,::1";
/** Code, stacks and the interpreter's own data beside what the user may take. */
const MEMORY_SLACK_MB = 200;
/** A sandbox may have only so many processes, and scripts start others. */
const MAX_AT_ONCE = 16;

/** Runs the steps that are written in other languages than JavaScript, as children of this process. */
export class Languages {
  readonly #options: LanguageOptions;
  readonly #python: PythonPool;
  readonly #turns = new Turns(MAX_AT_ONCE);
  #baseEnv: Promise<Readonly<Record<string, string>>> | null = null;

  constructor(options: LanguageOptions) {
    this.#options = options;
    this.#python = new PythonPool((options.memoryMb + MEMORY_SLACK_MB) * 1024 * 1024);
  }

  /**
   * Runs a Python or Bash step. Exports and requests go to `step.record`.
   * @returns the return value of the step. @throws what the script failed with.
   */
  async run(step: StepRun): Promise<unknown> {
    const pass = await this.#turns.take();
    try {
      return step.scope.isEnded ? undefined : await this.#start(step);
    } finally {
      pass();
    }
  }

  async #start(step: StepRun): Promise<unknown> {
    const { lang, envVars } = step.invocation;
    const env = await (this.#baseEnv ??= this.#prepareEnv());
    const program = { wrapper: this.#options.wrapper, workDir: this.#options.workDir };
    if (lang === "python") return this.#python.run(step, { ...program, env });
    if (lang === "bash") return runBash(step, { ...program, env: { ...env, ...envVars } } satisfies ProgramOptions);
    throw new TypeError(`Steps in ${lang} are no scripts.`);
  }

  /** The environment of every script. What the deployment has in its own is shown as well. */
  async #prepareEnv(): Promise<Readonly<Record<string, string>>> {
    const { egressSocket, hasOwnLoopback, workDir, searchPath } = this.#options;
    const proxy = egressSocket === null ? null : await startEgressForwarder({ egressSocket, hasOwnLoopback });
    const own = Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined);
    return {
      ...Object.fromEntries(own),
      PATH: searchPath ?? SEARCH_PATH,
      HOME: workDir,
      TMPDIR: workDir,
      LANG: "C.UTF-8",
      ...(proxy === null ? {} : proxyEnv(proxy)),
    };
  }
}

/** Programs do not agree on the case of these. */
function proxyEnv(url: string): Record<string, string> {
  const settings = { HTTP_PROXY: url, HTTPS_PROXY: url, ALL_PROXY: url, NO_PROXY: OWN_ADDRESSES };
  const lower = Object.entries(settings).map(([name, value]) => [name.toLowerCase(), value]);
  return { ...settings, ...(Object.fromEntries(lower) as Record<string, string>) };
}
