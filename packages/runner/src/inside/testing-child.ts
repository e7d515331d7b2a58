import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { encodeFrame, FrameDecoder } from "../frames.ts";
import type { ComponentDefinition, Emit, HttpResponse, Observation } from "../invocation.ts";
import { FrameType } from "../messages.ts";
import type { BootArguments, InvokePayload, LatePayload, PartialPayload, ResultPayload } from "../messages.ts";
import { insideHookUrl, insideMainUrl } from "./index.ts";

type Defaulted = "id" | "props" | "auths" | "endpoints" | "db" | "timeoutMs";
type WithDefaults<I> = I extends InvokePayload ? Omit<I, Defaulted> & Partial<Pick<I, Defaulted>> : never;
/** An invocation of which a test names only what it is about. */
export type TestInvocation = WithDefaults<InvokePayload>;

/** Result of one invocation with all its partial frames joined. */
export interface Outcome extends ResultPayload {
  responses: HttpResponse[];
  partials: number;
}

/** The real program inside, as a child process with the parent's end of its socket: no sandbox around it. */
export class InsideChild {
  readonly #process;
  readonly #socket: Socket;
  readonly #tmpDir: string;
  readonly #waiting: { accept(type: number, invocation: number, payload: unknown): boolean }[] = [];
  readonly late: LatePayload[] = [];
  stderr = "";
  #next = 1;

  private constructor(boot: Partial<BootArguments>) {
    this.#tmpDir = mkdtempSync(join(tmpdir(), "millrace-inside-"));
    const hook = boot.egressSocket ? ["--import", fileURLToPath(insideHookUrl)] : [];
    const args = [...hook, fileURLToPath(insideMainUrl), JSON.stringify({ tmpDir: this.#tmpDir, ...boot })];
    this.#process = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "pipe", "pipe"], env: {} });
    this.#process.stderr?.on("data", (bytes: Buffer) => (this.stderr += bytes.toString()));
    this.#socket = this.#process.stdio[3] as Socket;
    const decoder = new FrameDecoder();
    this.#socket.on("data", (bytes: Buffer) => {
      for (const frame of decoder.push(bytes)) {
        const payload = JSON.parse(frame.body.toString()) as unknown;
        if (frame.type === FrameType.late) this.late.push(payload as LatePayload);
        const at = this.#waiting.findIndex((waiter) => waiter.accept(frame.type, frame.invocation, payload));
        if (at >= 0) this.#waiting.splice(at, 1);
      }
    });
  }

  static async start(boot: Partial<BootArguments> = {}): Promise<InsideChild> {
    const child = new InsideChild(boot);
    await child.nextFrame((type) => type === FrameType.ready);
    return child;
  }

  /** Starts a child and loads one component into it. */
  static async withComponent(code: string, boot: Partial<BootArguments> = {}): Promise<InsideChild> {
    const child = await InsideChild.start(boot);
    const loaded = await child.load(code);
    if ("message" in loaded) {
      await child[Symbol.asyncDispose]();
      throw new Error(loaded.message);
    }
    return child;
  }

  /** Waits for a frame; `accept` sees each one that arrives. A child that dies first is an error. */
  nextFrame(accept: (type: number, invocation: number, payload: unknown) => boolean): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const onClose = () => reject(new Error(`the child ended: ${this.stderr}`));
      this.#socket.once("close", onClose);
      this.#waiting.push({
        accept: (type, invocation, payload) => {
          if (!accept(type, invocation, payload)) return false;
          this.#socket.off("close", onClose);
          resolve(payload);
          return true;
        },
      });
    });
  }

  send(type: number, payload: unknown, invocation = 0): void {
    this.#socket.write(encodeFrame({ type, invocation }, payload));
  }

  load(
    code: string,
    { dependencyDir = null, env = {} }: { dependencyDir?: string | null; env?: Record<string, string> } = {},
  ): Promise<{ definition: ComponentDefinition } | { message: string; stack?: string }> {
    const answer = this.nextFrame((type) => type === FrameType.loaded || type === FrameType.loadFailed);
    this.send(FrameType.load, { code, env, dependencyDir });
    return answer as Promise<{ definition: ComponentDefinition } | { message: string; stack?: string }>;
  }

  /** Starts an invocation. `number` cancels it; `outcome` is what it left in the end. */
  start(invocation: TestInvocation): { number: number; outcome: Promise<Outcome> } {
    const number = this.#next++;
    const parts = { emits: [] as Emit[], logs: [] as Observation[], dbWrites: {}, responses: [] as HttpResponse[] };
    let partials = 0;
    const outcome = this.nextFrame((type, of, payload) => {
      if (of !== number) return false;
      if (type === FrameType.respond) parts.responses.push(payload as HttpResponse);
      if (type !== FrameType.partial && type !== FrameType.result) return false;
      const { emits, logs, dbWrites } = payload as PartialPayload;
      parts.emits.push(...emits);
      parts.logs.push(...logs);
      Object.assign(parts.dbWrites, dbWrites);
      if (type === FrameType.partial) partials += 1;
      return type === FrameType.result;
    }).then((payload) => ({ ...(payload as ResultPayload), ...parts, partials }));
    const defaults = { id: `inv-${number}`, props: {}, auths: {}, endpoints: {}, db: {}, timeoutMs: 5000 };
    this.send(FrameType.invoke, { ...defaults, ...invocation }, number);
    return { number, outcome };
  }

  invoke(invocation: TestInvocation): Promise<Outcome> {
    return this.start(invocation).outcome;
  }

  run(event: unknown = {}, more: Partial<TestInvocation> = {}): Promise<Outcome> {
    return this.invoke({ ...more, kind: "run", event: JSON.stringify(event) } as TestInvocation);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const hasEnded = this.#process.exitCode !== null || this.#process.signalCode !== null;
    const ended = hasEnded ? null : new Promise((resolve) => this.#process.once("exit", resolve));
    this.#socket.destroy();
    await ended;
    rmSync(this.#tmpDir, { recursive: true, force: true });
  }
}
