import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { once } from "node:events";
import { createServer } from "node:net";
import { serviceUser } from "./sandbox-user.ts";

const READY_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 10_000;

export interface DaemonOptions {
  readonly name: string;
  readonly command: readonly string[];
  readonly cwd: string;
  /** The line on standard error that says the service takes connections. */
  readonly readyLine: RegExp;
}

/** A server program in the foreground, owned by this process and ended with it. */
export class DaemonProcess {
  private readonly child: ChildProcess;
  private readonly lastLines: string[] = [];
  private readonly killAtExit: () => void;
  private readonly options: DaemonOptions;

  private constructor(options: DaemonOptions) {
    this.options = options;
    const [program, ...args] = options.command;
    if (program === undefined) throw new TypeError("an empty command");
    const env = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", HOME: options.cwd, LC_ALL: "C.UTF-8", TMPDIR: options.cwd };
    const stdio: ["ignore", "ignore", "pipe"] = ["ignore", "ignore", "pipe"];
    this.child = spawn(program, args, { cwd: options.cwd, env, stdio, ...serviceUser().identity });
    this.killAtExit = () => this.child.kill("SIGKILL");
    process.once("exit", this.killAtExit);
  }

  /** Starts the program and waits for its ready line. Throws with its last lines when it ends before. */
  static async start(options: DaemonOptions): Promise<DaemonProcess> {
    const daemon = new DaemonProcess(options);
    try {
      await daemon.waitUntilReady();
    } catch (error) {
      await daemon.stop();
      throw error;
    }
    return daemon;
  }

  private async waitUntilReady(): Promise<void> {
    const { child, options } = this;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const fail = (what: string): void => {
      reject(new Error(`${options.name} ${what}:\n${this.lastLines.join("\n")}`));
    };
    const timer = setTimeout(() => fail(`was not ready within ${READY_TIMEOUT_MS} ms`), READY_TIMEOUT_MS);
    child.once("error", (error) => fail(`could not be started (${error.message})`));
    child.once("exit", (code, signal) => fail(`ended with ${signal ?? code} before it was ready`));
    if (child.stderr !== null) {
      createInterface({ input: child.stderr }).on("line", (line) => {
        this.lastLines.push(line);
        if (this.lastLines.length > 20) this.lastLines.shift();
        if (options.readyLine.test(line)) resolve();
      });
    }
    await promise.finally(() => clearTimeout(timer));
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  /** Ends the program: asks with `signal`, insists after ten seconds. */
  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    process.removeListener("exit", this.killAtExit);
    if (this.child.pid === undefined || this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, "exit");
    const timer = setTimeout(() => this.child.kill("SIGKILL"), STOP_TIMEOUT_MS);
    this.child.kill(signal);
    await ended.finally(() => clearTimeout(timer));
  }
}

/** A port of 127.0.0.1 that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("not a TCP address");
  server.close();
  await once(server, "close");
  return address.port;
}
