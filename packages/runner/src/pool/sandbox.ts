import { encodeFrame, FrameDecoder, FrameError, FrameWriter, parseBody, type Frame } from "../frames.ts";
import type { EgressAttempt } from "../egress/index.ts";
import { readLoaded, type LoadedCode } from "../inbound-definition.ts";
import { readResult, readRpc } from "../inbound-step.ts";
import { readLate, readLoadFailed, readPartial, readPong, readRespond } from "../inbound.ts";
import type { Invocation, InvocationListener } from "../invocation.ts";
import type { LaunchedProcess, ProcessEnd } from "../launch/index.ts";
import { FrameType, MAX_FRAME_BYTES, MAX_FRAME_TO_RUNNER_BYTES } from "../messages.ts";
import type { LatePayload, LoadPayload, RpcReplyPayload } from "../messages.ts";
import { ActiveRun, type RunOutcome } from "./active-run.ts";
import { outOfMemory, reasonOf, startFailureOf, type EndReason } from "./end-reason.ts";

/** The process ended before it could answer. */
export class SandboxEndedError extends Error {
  override name = "SandboxEndedError";
  readonly reason: EndReason;
  constructor(reason: EndReason) {
    super(reason.message);
    this.reason = reason;
  }
}

/** The user's module did not load. */
export class LoadError extends Error {
  override name = "LoadError";
  readonly stackOfUser: string | undefined;
  constructor(message: string, stackOfUser?: string) {
    super(message);
    this.stackOfUser = stackOfUser;
  }
}

export interface SandboxOptions {
  readonly process: LaunchedProcess;
  readonly memoryMb: number;
  readonly startTimeoutMs: number;
}

/** Who a sandbox works for, once it is no longer blank. */
export interface SandboxOwner {
  onLate(late: LatePayload): void;
  onEgress(attempt: EgressAttempt): void;
  /** It was stuck and answers again. */
  onResponsive(): void;
}

type State = "starting" | "blank" | "loading" | "bound" | "ended";

/** How long a run may take to end itself after its deadline. */
export const CANCEL_GRACE_MS = 250;
/** A run that asks for more time again and again gets so much in all. */
const MAX_REFRESHED_MS = 750_000;
const PONG_TIMEOUT_MS = 500;
const MAX_DEFINITION_BYTES = 1024 * 1024;
const DEFINITION_TOO_LARGE = "The component's props and metadata are larger than 1 MB";
const MEGABYTE = 1024 * 1024;
/** The runtime's own memory, and that of a few children. */
const MEMORY_SLACK_BYTES = 256 * MEGABYTE;
const MAX_LATE_FRAMES = 1_000;
/** What the process may send late for each of its runs; more than that no honest one sends, and reading it costs us. */
const MAX_LATE_BYTES_PER_RUN = 1024 * 1024;
const MAX_TIMER_MS = 2 ** 31 - 1 - CANCEL_GRACE_MS;

/** One sandboxed process as its parent sees it. Whatever it sends is checked; the first thing out of order ends it. */
export class Sandbox {
  readonly pid: number;
  readonly memoryMb: number;
  /** Rejects with SandboxEndedError when it dies first. */
  readonly ready: Promise<void>;
  readonly ended: Promise<EndReason>;
  owner: SandboxOwner | null = null;
  /** Resident set, as it last said. */
  rssBytes = 0;
  isStuck = false;
  runCount = 0;
  /** Some run went on after its deadline, or left processes behind: they end with this one. */
  hasLeftovers = false;
  readonly #options: SandboxOptions;
  readonly #decoder = new FrameDecoder();
  readonly #writer: FrameWriter;
  readonly #ready = Promise.withResolvers<void>();
  readonly #loaded = Promise.withResolvers<LoadedCode>();
  readonly #runs = new Map<number, ActiveRun>();
  #state: State = "starting";
  #killedFor: EndReason | null = null;
  #nextNumber = 1;
  #maxLoadedBytes = MAX_DEFINITION_BYTES;
  #lateFrames = 0;
  #lateBytes = 0;
  #pingSentAtMs: number | null = null;

  constructor(options: SandboxOptions) {
    this.#options = options;
    this.pid = options.process.pid;
    this.memoryMb = options.memoryMb;
    this.ready = this.#ready.promise;
    this.ready.catch(() => undefined);
    this.#loaded.promise.catch(() => undefined);
    this.#writer = new FrameWriter(options.process.channel);
    options.process.channel.on("data", (chunk: Buffer) => this.#receive(chunk));
    this.ended = options.process.ended.then((end) => this.#settle(this.#reasonOf(end)));
    this.#startTimer(
      options.startTimeoutMs,
      { code: "UNAVAILABLE", message: "The sandbox did not start in time" },
      this.ready,
    );
  }

  get inFlight(): number {
    return this.#runs.size;
  }
  get hasEnded(): boolean {
    return this.#state === "ended" || this.#killedFor !== null;
  }

  /** Lets it reach the network through its proxy. */
  openNetwork(): void {
    this.#options.process.egress.open();
  }

  /**
   * Loads the user's module, or takes the modules of a workflow, which are imported later.
   * @returns no definition for a workflow.
   * @throws LoadError when it fails or takes too long, SandboxEndedError when the process dies over it.
   */
  async load(payload: LoadPayload, timeoutMs: number): Promise<LoadedCode> {
    await this.ready;
    if (this.#state !== "blank") throw new SandboxEndedError(this.#killedFor ?? SHUT_DOWN);
    this.#state = "loading";
    if (payload.describes === true) this.#maxLoadedBytes = MAX_FRAME_BYTES;
    const message = `The component did not finish loading within ${timeoutMs / 1000} s`;
    this.#startTimer(timeoutMs, { code: "LOAD_FAILED", message }, this.#loaded.promise);
    this.#send(FrameType.load, 0, payload);
    return this.#loaded.promise;
  }

  /** Runs something. Never rejects: whatever goes wrong is in the outcome. @throws FrameError when the input is too large to send. */
  run(invocation: Invocation, listener?: InvocationListener): Promise<RunOutcome> {
    const number = this.#nextNumber++;
    const run = new ActiveRun({
      invocation,
      listener,
      sentBytes: this.#options.process.egress.sentBytes,
      reply: (payload) => this.#reply(number, payload),
    });
    this.#send(FrameType.invoke, number, invocation);
    this.#runs.set(number, run);
    this.runCount++;
    this.#limit(number, run);
    return run.outcome;
  }

  /** One round of the watchdog: asks whether it is alive, and notices when it has not answered or takes too much. */
  watch(): void {
    if (this.hasEnded || this.#state !== "bound") return;
    // The system limits each process; this limits all that user code started together.
    if (this.#options.process.usage().memoryBytes > this.memoryMb * MEGABYTE + MEMORY_SLACK_BYTES) {
      return this.kill(outOfMemory(this.memoryMb));
    }
    if (this.#pingSentAtMs === null) {
      this.#pingSentAtMs = performance.now();
      this.#send(FrameType.ping, 0, undefined);
    } else if (performance.now() - this.#pingSentAtMs >= PONG_TIMEOUT_MS) this.isStuck = true;
  }

  /** Notices processes that its runs left behind: nobody limits their time. */
  lookForLeftovers(): void {
    if (!this.hasEnded && this.#options.process.usage().childCount > 0) this.hasLeftovers = true;
  }

  /** Ends it at once. */
  kill(reason: EndReason): void {
    this.#killedFor ??= reason;
    this.#options.process.kill();
    // Killed half-way through its start, a tool may leave its child behind; that one ends with the channel.
    if (this.#state === "starting") this.#options.process.channel.destroy();
  }

  #startTimer(timeoutMs: number, reason: EndReason, until: Promise<unknown>): void {
    const timer = setTimeout(() => this.kill(reason), timeoutMs);
    const clear = (): void => clearTimeout(timer);
    until.then(clear, clear);
  }

  #limit(number: number, run: ActiveRun): void {
    const timeoutMs = Math.min(Math.max(run.invocation.timeoutMs, 1), MAX_TIMER_MS);
    let timer = setTimeout(() => {
      run.refreshDeadline = null;
      run.isOverdue = true;
      this.hasLeftovers ||= !isScript(run.invocation);
      this.#send(FrameType.cancel, number, undefined);
      timer = setTimeout(() => this.kill({ code: "TIMEOUT", message: "A run did not end in time" }), CANCEL_GRACE_MS);
    }, timeoutMs);
    const lastRefreshMs = performance.now() + MAX_REFRESHED_MS - timeoutMs;
    run.refreshDeadline = () => void (performance.now() <= lastRefreshMs && timer.refresh());
    void run.outcome.then(() => clearTimeout(timer));
  }

  #send(type: FrameType, invocation: number, payload: unknown): void {
    this.#writer.write(encodeFrame({ type, invocation }, payload, MAX_FRAME_TO_RUNNER_BYTES));
  }

  #reply(number: number, payload: RpcReplyPayload): void {
    if (!this.#runs.has(number) || this.hasEnded) return;
    try {
      this.#send(FrameType.rpcReply, number, payload);
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      const tooLarge = { name: "Error", message: `The answer is too large: ${error.message}` };
      this.#send(FrameType.rpcReply, number, { call: payload.call, error: tooLarge });
    }
  }

  #receive(chunk: Buffer): void {
    if (this.#killedFor !== null && this.#killedFor.code === "PROTOCOL_ERROR") return;
    try {
      for (const frame of this.#decoder.push(chunk)) this.#handle(frame);
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      this.kill({ code: "PROTOCOL_ERROR", message: `The process broke the protocol: ${error.message}` });
    }
  }

  #handle(frame: Frame): void {
    if (RUN_FRAMES.has(frame.type)) {
      this.#handleRun(frame);
    } else if (frame.type === FrameType.ready && this.#state === "starting") {
      this.#state = "blank";
      this.#ready.resolve();
    } else if (frame.type === FrameType.loaded && this.#state === "loading") {
      if (frame.body.length > this.#maxLoadedBytes) return this.#loaded.reject(new LoadError(DEFINITION_TOO_LARGE));
      this.#loaded.resolve(readLoaded(parseBody(frame)));
      this.#state = "bound";
    } else if (frame.type === FrameType.loadFailed && this.#state === "loading") {
      const { message, stack } = readLoadFailed(parseBody(frame));
      this.#loaded.reject(new LoadError(message, stack));
    } else if (frame.type === FrameType.pong && this.#pingSentAtMs !== null) this.#handlePong(frame);
    else if (frame.type === FrameType.late && this.#state === "bound") this.#handleLate(frame);
    else throw new FrameError(`a frame of type ${frame.type} was not to be expected`);
  }

  #handleRun(frame: Frame): void {
    const run = this.#runs.get(frame.invocation);
    if (run === undefined) throw new FrameError("a frame names an invocation that is not in flight");
    if (frame.type === FrameType.respond) run.respond(readRespond(parseBody(frame)));
    else if (frame.type === FrameType.rpc) run.call(readRpc(parseBody(frame)));
    else if (frame.type === FrameType.partial) run.add(readPartial(parseBody(frame)), frame.body.length);
    else {
      const sentBytes = this.#options.process.egress.sentBytes;
      run.finish(readResult(parseBody(frame)), { sizeBytes: frame.body.length, sentBytes });
      this.#runs.delete(frame.invocation);
    }
  }

  #handlePong(frame: Frame): void {
    this.rssBytes = readPong(parseBody(frame)).rssBytes;
    this.#pingSentAtMs = null;
    if (!this.isStuck) return;
    this.isStuck = false;
    this.owner?.onResponsive();
  }

  #handleLate(frame: Frame): void {
    this.#lateBytes += frame.body.length;
    if (this.#lateBytes > MAX_LATE_BYTES_PER_RUN * (this.runCount + 1))
      throw new FrameError("its runs sent too much late");
    if (this.#lateFrames++ < MAX_LATE_FRAMES) this.owner?.onLate(readLate(parseBody(frame)));
  }

  #reasonOf(end: ProcessEnd): EndReason {
    if (this.#killedFor !== null) return this.#killedFor;
    return this.#state === "starting" ? startFailureOf(end) : reasonOf(end, this.memoryMb);
  }

  #settle(reason: EndReason): EndReason {
    this.#state = "ended";
    const error = new SandboxEndedError(reason);
    this.#ready.reject(error);
    this.#loaded.reject(reason.code === "LOAD_FAILED" ? new LoadError(reason.message) : error);
    const isAlone = this.#runs.size === 1;
    const sentBytes = this.#options.process.egress.sentBytes;
    for (const run of this.#runs.values()) run.lose(reason, { isAlone, sentBytes });
    this.#runs.clear();
    return reason;
  }
}

/** Scripts are processes of their own, which are gone when their run has ended. */
function isScript(invocation: Invocation): boolean {
  return invocation.kind === "step" && invocation.lang !== "nodejs";
}

const RUN_FRAMES: ReadonlySet<number> = new Set([
  FrameType.result,
  FrameType.partial,
  FrameType.respond,
  FrameType.rpc,
]);
const SHUT_DOWN: EndReason = { code: "UNAVAILABLE", message: "The sandbox was shut down" };
