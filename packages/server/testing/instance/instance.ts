import { type ChildProcess, spawn } from "node:child_process";
import { readFile, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { freePort } from "../services/index.ts";
import { ApiCaller } from "./api-caller.ts";
import { processTree, programName, signalAll } from "./process-tree.ts";

const CHECKOUT = join(dirname(fileURLToPath(import.meta.url)), "../../../..");
const READY_TIMEOUT_MS = 120_000;
const READY_POLL_MS = 10;
const STOP_TIMEOUT_MS = 20_000;
const PROBE_TIMEOUT_MS = 20_000;

export interface InstanceOptions {
  readonly dataDir: string;
  /** Default: the server of this checkout, by its pinned Node. */
  readonly command?: readonly string[];
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly user?: { uid: number; gid: number };
  /** Default: a free one, kept over restarts. */
  readonly port?: number;
}

/** What the first start writes down for its user. */
export interface Credentials {
  api_url: string;
  api_key: string;
  user_id: string;
  org_id: string;
  project_id: string;
}

/** One server process over a data directory; `restart` starts the next one on the same port and directory. */
export class Instance {
  readonly url: string;
  readonly dataDir: string;
  readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  private readonly options: InstanceOptions & { port: number };
  private readonly child: ChildProcess;
  private readonly chunks: string[] = [];
  private readonly killAtExit = (): void => this.killTree();

  private constructor(options: InstanceOptions & { port: number }) {
    this.options = options;
    this.dataDir = options.dataDir;
    this.url = `http://127.0.0.1:${options.port}`;
    const [program = "", ...args] = options.command ?? serverCommand();
    const home = { PATH: process.env["PATH"] ?? "/usr/bin:/bin", HOME: process.env["HOME"] ?? "/" };
    const settings = {
      MILLRACE_PORT: String(options.port),
      MILLRACE_DATA_DIR: options.dataDir,
      MILLRACE_SMTP_PORT: "0",
    };
    this.child = spawn(program, args, {
      cwd: options.cwd ?? CHECKOUT,
      env: { ...home, ...settings, ...options.env },
      stdio: ["ignore", "pipe", "pipe"],
      ...options.user,
    });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.setEncoding("utf8").on("data", (chunk: string) => this.chunks.push(chunk));
    }
    const { promise, resolve } = Promise.withResolvers<{ code: number | null; signal: NodeJS.Signals | null }>();
    this.child.once("close", (code, signal) => resolve({ code, signal }));
    this.exited = promise;
    process.once("exit", this.killAtExit);
    void promise.then(() => process.removeListener("exit", this.killAtExit));
  }

  /** Starts a server without waiting for it. */
  static async launch(options: InstanceOptions): Promise<Instance> {
    return new Instance({ ...options, port: options.port ?? (await freePort()) });
  }

  /** Starts a server and waits until it is ready. Throws with its output when it ends before that. */
  static async start(options: InstanceOptions): Promise<Instance> {
    const instance = await Instance.launch(options);
    await instance.ready();
    return instance;
  }

  /** Starts the next server on the same port and data directory. */
  restart(): Promise<Instance> {
    return Instance.start(this.options);
  }

  /** Like `restart`, without waiting until it is ready. */
  relaunch(): Promise<Instance> {
    return Instance.launch(this.options);
  }

  /** What it has printed so far. */
  get output(): string {
    return this.chunks.join("");
  }

  get pid(): number {
    if (this.child.pid === undefined) throw new Error("the server could not be started");
    return this.child.pid;
  }

  /** Waits for `GET /readyz` to answer 200. */
  async ready(): Promise<void> {
    const deadline = Date.now() + READY_TIMEOUT_MS;
    while ((await this.readiness()) !== 200) {
      if (this.child.exitCode !== null || this.child.signalCode !== null) {
        throw new Error(`The server ended before it was ready:\n${this.output}`);
      }
      if (Date.now() > deadline) throw new Error(`The server did not get ready:\n${this.output}`);
      await delay(READY_POLL_MS);
    }
  }

  /** Status of `GET /readyz`, 0 when there is no answer. */
  async readiness(): Promise<number> {
    try {
      const response = await fetch(`${this.url}/readyz`, { signal: AbortSignal.timeout(PROBE_TIMEOUT_MS) });
      await response.arrayBuffer();
      return response.status;
    } catch {
      return 0;
    }
  }

  async credentials(): Promise<Credentials> {
    return JSON.parse(await readFile(join(this.dataDir, "credentials.json"), "utf8")) as Credentials;
  }

  /** A caller with the first user's key. */
  async caller(): Promise<ApiCaller> {
    return new ApiCaller({ url: this.url, apiKey: (await this.credentials()).api_key });
  }

  /** The embedded database's processes, its postmaster first. */
  databasePids(): number[] {
    return processTree(this.pid).filter((pid) => programName(pid) === "postgres");
  }

  /** `kill -9` of everything: server, runners, database. */
  killTree(): void {
    if (this.child.pid !== undefined) signalAll(processTree(this.child.pid), "SIGKILL");
  }

  /** Asks the server itself to stop and waits for its end; kills what is left of it when that takes too long. */
  async stop(): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
    const timer = setTimeout(this.killAtExit, STOP_TIMEOUT_MS);
    this.child.kill("SIGTERM");
    return this.exited.finally(() => clearTimeout(timer));
  }
}

/** Removes a data directory, and the database when it had to be put elsewhere. */
export async function removeDataDir(dataDir: string): Promise<void> {
  const elsewhere = await readFile(join(dataDir, "postgres", "location"), "utf8").catch(() => "");
  for (const dir of [elsewhere.trim(), dataDir].filter((path) => path !== "")) {
    await rm(dir, { recursive: true, force: true, maxRetries: 5 });
  }
}

function serverCommand(): string[] {
  return [join(CHECKOUT, "node_modules/.bin/node"), join(CHECKOUT, "packages/server/src/main.ts")];
}
