import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { FrameType } from "../messages.ts";
import type { BootArguments } from "../messages.ts";
import { insideHookUrl, insideMainUrl } from "./index.ts";
import { TestClient } from "./testing-client.ts";

/** The real program inside, as a child process with the parent's end of its socket: no sandbox around it. */
export class InsideChild extends TestClient {
  readonly #process;
  readonly #socket: Socket;
  readonly #tmpDir: string;
  #stderr = "";

  private constructor(boot: Partial<BootArguments>) {
    super((frame) => this.#socket.write(frame));
    this.#tmpDir = mkdtempSync(join(tmpdir(), "millrace-inside-"));
    const hook = boot.egressSocket ? ["--import", fileURLToPath(insideHookUrl)] : [];
    const args = [...hook, fileURLToPath(insideMainUrl), JSON.stringify({ tmpDir: this.#tmpDir, ...boot })];
    this.#process = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "pipe", "pipe"], env: {} });
    this.#process.stderr?.on("data", (bytes: Buffer) => (this.#stderr += bytes.toString()));
    this.#socket = this.#process.stdio[3] as Socket;
    this.#socket.on("data", (bytes: Buffer) => this.receive(bytes));
    this.#socket.on("close", () => this.close(`the child ended: ${this.#stderr}`));
  }

  static async start(boot: Partial<BootArguments> = {}): Promise<InsideChild> {
    const child = new InsideChild(boot);
    await child.nextFrame((type) => type === FrameType.ready);
    return child;
  }

  /** Starts a child and loads one component into it. */
  static async withComponent(code: string, boot: Partial<BootArguments> = {}): Promise<InsideChild> {
    const child = await InsideChild.start(boot);
    try {
      await child.mustLoad(code);
      return child;
    } catch (error) {
      await child[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Starts a child with a workflow of Node steps; one code is that of the step `code`. */
  static async withSteps(
    modules: string | Record<string, string>,
    boot: Partial<BootArguments> = {},
  ): Promise<InsideChild> {
    const child = await InsideChild.start(boot);
    await child.loadModules(typeof modules === "string" ? { code: modules } : modules);
    return child;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const hasEnded = this.#process.exitCode !== null || this.#process.signalCode !== null;
    const ended = hasEnded ? null : new Promise((resolve) => this.#process.once("exit", resolve));
    this.#socket.destroy();
    await ended;
    rmSync(this.#tmpDir, { recursive: true, force: true });
  }
}
