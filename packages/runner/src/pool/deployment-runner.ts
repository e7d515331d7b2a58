import { FrameError } from "../frames.ts";
import type { RunnerEvent } from "../events.ts";
import type {
  CodeBundle,
  Deployment,
  Invocation,
  InvocationError,
  InvocationListener,
  InvocationResult,
} from "../invocation.ts";
import type { LoadPayload, ModulePayload } from "../messages.ts";
import type { RunOutcome } from "./active-run.ts";
import { CrashLoop } from "./crash-loop.ts";
import type { EndReason } from "./end-reason.ts";
import { LoadError, SandboxEndedError, type Sandbox, type SandboxOwner } from "./sandbox.ts";
import type { SandboxPool } from "./sandbox-pool.ts";
import type { Watchdog } from "./watchdog.ts";

export interface DeploymentRunnerPorts {
  readonly pool: SandboxPool;
  readonly watchdog: Watchdog;
  /** A host path as seen inside. */
  pathInside(path: string | null): string | null;
  onEvent(event: RunnerEvent): void;
}

interface Job {
  readonly invocation: Invocation;
  readonly listener: InvocationListener | undefined;
  readonly resolve: (result: InvocationResult) => void;
  /** Its first process died with others in it: now it runs alone, which shows who did it. */
  readonly isSecondAttempt: boolean;
}

interface Member {
  readonly sandbox: Sandbox;
  isDraining: boolean;
  /** Runs a second attempt, which tolerates nobody beside it. */
  isExclusive: boolean;
}

const MAX_IN_FLIGHT = 16;
/** The first, and those that stand in for stuck ones. */
const MAX_MEMBERS = 4;
/** Drained ones included. */
const MAX_PROCESSES = 8;
const MAX_RUNS = 10_000;
const RUNS_BETWEEN_LOOKS = 500;
const MAX_RSS_SHARE = 0.8;
export const LOAD_TIMEOUT_MS = 10_000;
const RETIRED: EndReason = { code: "INTERRUPTED", message: "The process was replaced" };

/** The processes of one deployment, and the queue before them. */
export class DeploymentRunner {
  readonly deployment: Deployment;
  lastUsedMs = performance.now();
  readonly #ports: DeploymentRunnerPorts;
  readonly #queue: Job[] = [];
  readonly #members = new Set<Member>();
  readonly #crashLoop = new CrashLoop();
  #lastFailure: InvocationError | null = null;
  #isStarting = false;
  #isRetired = false;

  constructor(deployment: Deployment, ports: DeploymentRunnerPorts) {
    this.deployment = deployment;
    this.#ports = ports;
  }

  get inFlight(): number {
    return this.#members.values().reduce((sum, { sandbox }) => sum + sandbox.inFlight, 0);
  }
  get queued(): number {
    return this.#queue.length;
  }
  get stuck(): number {
    return this.#members.values().reduce((sum, { sandbox }) => sum + Number(sandbox.isStuck), 0);
  }
  get isIdle(): boolean {
    return !this.#isStarting && this.#queue.length === 0 && this.inFlight === 0;
  }
  /** Processes that go on, not those that are about to end. */
  get processCount(): number {
    return this.#members.values().reduce((sum, { isDraining }) => sum + Number(!isDraining), 0);
  }

  /** Runs something as soon as there is room. Never rejects. */
  invoke(invocation: Invocation, listener?: InvocationListener): Promise<InvocationResult> {
    const { promise, resolve } = Promise.withResolvers<InvocationResult>();
    this.#queue.push({ invocation, listener, resolve, isSecondAttempt: false });
    this.#pump();
    return promise;
  }

  /** Lets what is queued and in flight end, then ends the processes. */
  retire(): void {
    this.#isRetired = true;
    this.#endIfRetired();
  }

  /** Ends idle processes to make room; they are started again when needed. */
  evict(): void {
    for (const member of this.#members) this.#drain(member);
  }

  /** Fails what waits; what runs is failed by the end of its process. */
  stop(): void {
    this.#isRetired = true;
    this.#failQueue({ code: "UNAVAILABLE", name: "Error", message: "The runner is shutting down" });
  }

  #pump(): void {
    while (this.#queue.length > 0) {
      const job = this.#queue[0] as Job;
      const member = this.#memberFor(job);
      if (member === undefined) return this.#makeRoom(job);
      this.#queue.shift();
      this.#dispatch(job, member);
    }
  }

  #memberFor(job: Job): Member | undefined {
    const mostInFlight = job.isSecondAttempt ? 0 : MAX_IN_FLIGHT - 1;
    return this.#usable().find(({ sandbox }) => sandbox.inFlight <= mostInFlight);
  }

  #usable(): Member[] {
    return [...this.#members].filter(
      ({ sandbox, isDraining, isExclusive }) => !isDraining && !isExclusive && !sandbox.isStuck && !sandbox.hasEnded,
    );
  }

  /** Starts a process when waiting for the present ones is of no use. */
  #makeRoom(job: Job): void {
    if (this.#isStarting || this.#usable().length > 0) return;
    const hasExclusive = this.#members.values().some(({ isExclusive, sandbox }) => isExclusive && !sandbox.isStuck);
    if (hasExclusive && job.isSecondAttempt) return;
    const active = [...this.#members].filter(({ isDraining }) => !isDraining);
    if (active.length >= MAX_MEMBERS || this.#members.size >= MAX_PROCESSES) return;
    const pauseMs = this.#crashLoop.pauseLeftMs(performance.now());
    if (pauseMs > 0) return this.#failQueue(this.#pauseError(pauseMs));
    this.#isStarting = true;
    void this.#start();
  }

  #pauseError(pauseMs: number): InvocationError {
    const wait = `it keeps failing and is tried again in ${Math.ceil(pauseMs / 1000)} s`;
    const last = this.#lastFailure;
    if (last?.code === "LOAD_FAILED") return last;
    return { code: "UNAVAILABLE", name: "Error", message: `${last?.message ?? "The process ended"}; ${wait}` };
  }

  async #start(): Promise<void> {
    const { pool } = this.#ports;
    let sandbox: Sandbox | null = null;
    try {
      const payload = this.#loadPayload();
      const { memoryMb, needsSystem = false } = this.deployment;
      sandbox = await pool.acquire({ memoryMb, needsSystem }, this.#owner());
      sandbox.openNetwork();
      await sandbox.load(payload, LOAD_TIMEOUT_MS);
      this.#join(sandbox);
    } catch (error) {
      sandbox?.kill(RETIRED);
      this.#crashLoop.recordCrash(performance.now());
      this.#lastFailure = startFailure(error);
      this.#failQueue(this.#lastFailure);
    } finally {
      this.#isStarting = false;
    }
    this.#pump();
    this.#endIfRetired();
  }

  #loadPayload(): LoadPayload {
    const { bundle, modules = {}, env } = this.deployment;
    const inside = ({ code, dependencyDir }: CodeBundle): ModulePayload => ({
      code,
      dependencyDir: this.#ports.pathInside(dependencyDir),
    });
    const entries = Object.entries(modules).map(([namespace, module]) => [namespace, inside(module)] as const);
    return { component: bundle && inside(bundle), modules: Object.fromEntries(entries), env };
  }

  #join(sandbox: Sandbox): void {
    const member: Member = { sandbox, isDraining: false, isExclusive: false };
    this.#members.add(member);
    void sandbox.ended.then((reason) => this.#onEnded(member, reason));
  }

  #onEnded(member: Member, reason: EndReason): void {
    this.#members.delete(member);
    const isOurDoing = reason === RETIRED || reason.code === "TIMEOUT" || reason.code === "UNAVAILABLE";
    if (!isOurDoing) {
      this.#crashLoop.recordCrash(performance.now());
      this.#lastFailure = { name: "Error", ...reason };
      this.#ports.onEvent({ type: "crash", ...this.#subject(), ...reason });
    }
    this.#pump();
  }

  #dispatch(job: Job, member: Member): void {
    const { sandbox } = member;
    try {
      const outcome = sandbox.run(job.invocation, job.listener);
      member.isExclusive = job.isSecondAttempt;
      this.#ports.watchdog.watch(sandbox, { onStuck: () => this.#pump(), onLeftovers: () => this.#drain(member) });
      void outcome.then((settled) => this.#onOutcome(job, member, settled));
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      job.resolve(
        failedResult({ code: "RESULT_TOO_LARGE", name: "Error", message: `The input is too large: ${error.message}` }),
      );
    }
  }

  #onOutcome(job: Job, member: Member, outcome: RunOutcome): void {
    const { result, lostTo } = outcome;
    this.lastUsedMs = performance.now();
    member.isExclusive = false;
    if (lostTo === null) this.#crashLoop.recordSuccess();
    const mayRetry = lostTo !== null && !outcome.isSuspect && !result.hadEffect && lostTo.code !== "UNAVAILABLE";
    if (mayRetry && !job.isSecondAttempt) this.#queue.unshift({ ...job, isSecondAttempt: true });
    else job.resolve(result);
    this.#recycleWhenWorn(member);
    this.#pump();
    this.#endIfRetired();
    if (this.isIdle) this.#ports.pool.noteIdle();
  }

  #recycleWhenWorn(member: Member): void {
    const { sandbox } = member;
    const { runCount, rssBytes, memoryMb } = sandbox;
    if (runCount % RUNS_BETWEEN_LOOKS === 0) sandbox.watch();
    const isWorn =
      runCount >= MAX_RUNS ||
      rssBytes > memoryMb * 1024 * 1024 * MAX_RSS_SHARE ||
      sandbox.hasLeftovers ||
      member.isDraining;
    if (isWorn) this.#drain(member);
  }

  #drain(member: Member): void {
    member.isDraining = true;
    if (member.sandbox.inFlight === 0) member.sandbox.kill(RETIRED);
  }

  #endIfRetired(): void {
    if (this.#isRetired && this.#queue.length === 0) this.evict();
  }

  #failQueue(error: InvocationError): void {
    for (const job of this.#queue.splice(0)) job.resolve(failedResult(error));
  }

  #subject(): { orgId: string; deploymentId: string } {
    return { orgId: this.deployment.orgId, deploymentId: this.deployment.id };
  }

  #owner(): SandboxOwner {
    const subject = this.#subject();
    return {
      onLate: (late) => this.#ports.onEvent({ type: "late", ...subject, ...late }),
      onEgress: (attempt) => this.#ports.onEvent({ type: "egress", ...subject, attempt }),
      onResponsive: () => this.#pump(),
    };
  }
}

function startFailure(error: unknown): InvocationError {
  if (error instanceof LoadError) {
    const stack = error.stackOfUser === undefined ? {} : { stack: error.stackOfUser };
    return { code: "LOAD_FAILED", name: "Error", message: error.message, ...stack };
  }
  const message = error instanceof Error ? error.message : String(error);
  const isFault = error instanceof SandboxEndedError && !["UNAVAILABLE", "INTERRUPTED"].includes(error.reason.code);
  if (isFault) return { code: "LOAD_FAILED", name: "Error", message: `The component did not load: ${message}` };
  return { code: "UNAVAILABLE", name: "Error", message: `No sandbox could be had: ${message}` };
}

function failedResult(error: InvocationError): InvocationResult {
  const atMs = Date.now();
  return {
    error,
    returnValue: null,
    emits: [],
    logs: [],
    dbWrites: {},
    responded: false,
    hadEffect: false,
    startedAtMs: atMs,
    endedAtMs: atMs,
  };
}
