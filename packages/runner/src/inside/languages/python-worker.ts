import type { ChildProcess } from "node:child_process";
import type { Socket } from "node:net";
import type { Readable } from "node:stream";
import { ScriptError } from "../execution/index.ts";
import type { StepRun } from "../steps/index.ts";
import { killProgram, PYTHON, startFailure } from "./child-program.ts";
import { parseExactJson } from "./exact-json.ts";
import { encodeText, TextFrameDecoder } from "./length-frames.ts";
import { logLines } from "./log-lines.ts";
import { PythonCall } from "./python-call.ts";

/** Larger than anything that a step may leave. */
const MAX_FRAME_BYTES = 32 * 1024 * 1024;

interface CurrentCall {
  readonly step: StepRun;
  readonly call: PythonCall;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** One Python process, which runs one step at a time. */
export class PythonWorker {
  /** Resolves when the process is gone. */
  readonly ended: Promise<void>;
  readonly #child: ChildProcess;
  readonly #channel: Socket;
  readonly #decoder = new TextFrameDecoder(MAX_FRAME_BYTES);
  /** Code that it has been sent, and by which number. */
  readonly #codes = new Map<string, number>();
  readonly #flushLogs: readonly (() => void)[];
  #current: CurrentCall | null = null;
  #hasEnded = false;

  /** @param child started with `main.py`; its fd 3 is the channel. */
  constructor(child: ChildProcess) {
    this.#child = child;
    this.#channel = child.stdio[3] as Socket;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.ended = promise;
    this.#channel.on("data", (chunk: Buffer) => this.#receive(chunk));
    this.#channel.on("error", () => undefined);
    this.#flushLogs = (["stdout", "stderr"] as const).map((kind) => this.#log(kind, child[kind] as Readable));
    child.once("error", (error) => this.#end(startFailure(PYTHON, error), resolve));
    child.once("exit", (exitCode, signal) => {
      // What it wrote last may still have to be read.
      setImmediate(() => setImmediate(() => this.#end(deathOf(exitCode, signal), resolve)));
    });
    for (const part of [child, this.#channel, child.stdout as Socket, child.stderr as Socket]) part.unref();
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Runs a step. @returns what its handler returned. @throws ScriptError, LimitError */
  async run(step: StepRun): Promise<unknown> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const call = new PythonCall(step);
    this.#current = { step, call, resolve, reject };
    const release = step.scope.whenEnded(() => this.kill());
    try {
      this.#channel.write(encodeText(call.request(this.#codeOf(step))));
      return await promise;
    } finally {
      release();
      this.#current = null;
    }
  }

  kill(): void {
    this.#hasEnded = true;
    killProgram(this.#child);
  }

  #codeOf({ invocation }: StepRun): { code: number; source: string | null } {
    const source = invocation.code ?? "";
    const key = `${invocation.module}\n${source}`;
    const known = this.#codes.get(key);
    if (known !== undefined) return { code: known, source: null };
    this.#codes.set(key, this.#codes.size);
    return { code: this.#codes.size - 1, source };
  }

  #receive(chunk: Buffer): void {
    try {
      for (const text of this.#decoder.push(chunk)) this.#handle(parseExactJson(text));
    } catch (cause) {
      // Only code that writes to our channel does that.
      this.kill();
      this.#current?.reject(
        new ScriptError(`Python could not be understood any more: ${String(cause)}`, { name: "ProtocolError" }),
      );
    }
  }

  #handle(message: unknown): void {
    const { op, ...fields } = message as Record<string, unknown>;
    const current = this.#current;
    if (!current) return;
    if (op === "log") return current.call.log(fields);
    if (op === "end") return void this.#finish(current, fields);
    void current.call.answer(String(op), fields).then((answer) => {
      if (this.#current === current && !this.#hasEnded) this.#channel.write(encodeText(answer));
    });
  }

  /** Output that went round `print` comes by the pipes: what was written before the end is there one turn later. */
  async #finish(current: CurrentCall, end: Record<string, unknown>): Promise<void> {
    const threads = Array.isArray(end["threads"]) ? end["threads"].length : 0;
    if (threads > 0) {
      this.#hasEnded = true;
      current.step.scope.warn("The code was still running when the step ended: its threads were stopped.");
    }
    await new Promise((resolve) => setImmediate(resolve));
    for (const flush of this.#flushLogs) flush();
    try {
      current.resolve(current.call.outcome(end));
    } catch (error) {
      current.reject(error);
    }
    if (this.#hasEnded) killProgram(this.#child);
  }

  #log(kind: "stdout" | "stderr", stream: Readable): () => void {
    return logLines(stream, (line) => this.#current?.step.scope.log(kind, line));
  }

  #end(error: ScriptError, resolve: () => void): void {
    this.#hasEnded = true;
    this.#current?.reject(error);
    resolve();
  }
}

function deathOf(exitCode: number | null, signal: string | null): ScriptError {
  const how = signal === null ? `with exit code ${exitCode}` : `by ${signal}`;
  return new ScriptError(`The Python process of the step ended ${how}.`, { name: "ProcessExit", code: "EXITED" });
}
