import type { HttpResponse, InvocationError } from "../invocation.ts";
import type { Frame } from "../frames.ts";
import { parseBody } from "../frames.ts";
import { FrameType } from "../messages.ts";
import type {
  InvokePayload,
  LoadedPayload,
  LoadFailedPayload,
  LoadPayload,
  PongPayload,
  RpcReplyPayload,
} from "../messages.ts";
import { Calls } from "./calls/index.ts";
import { currentScope, InvocationScope } from "./execution/index.ts";
import type { ErrorReporter } from "./execution/index.ts";
import { perform } from "./invocations/index.ts";
import type { Code, InvocationPorts } from "./invocations/index.ts";
import type { Languages } from "./languages/index.ts";
import { describeModules, ModuleTable } from "./modules/index.ts";

/** How often output of invocations that are still running is handed over. */
const PARTIAL_INTERVAL_MS = 1000;

export interface SessionOptions {
  readonly reporter: ErrorReporter;
  /** Where a component seems to lie that has no dependencies. */
  readonly homeDir: string;
  readonly languages: Languages;
  send(head: { type: number; invocation: number }, payload: unknown): void;
}

/** The conversation with the parent: one deployment is loaded, then many invocations run side by side. */
export class Session {
  readonly #options: SessionOptions;
  readonly #active = new Map<number, { scope: InvocationScope; calls: Calls }>();
  #loading: Promise<Code | null> | null = null;
  #loaded: Code | null = null;
  #sweeper: NodeJS.Timeout | null = null;

  constructor(options: SessionOptions) {
    this.#options = options;
  }

  /** Takes one frame of the parent. */
  handle(frame: Frame): void {
    switch (frame.type) {
      case FrameType.invoke:
        return this.#invoke(frame.invocation, parseBody(frame) as InvokePayload);
      case FrameType.load:
        this.#loading = this.#load(parseBody(frame) as LoadPayload);
        return;
      case FrameType.rpcReply:
        return this.#active.get(frame.invocation)?.calls.answer(parseBody(frame) as RpcReplyPayload);
      case FrameType.cancel:
        return this.#cancel(frame.invocation);
      case FrameType.ping:
        return this.#ping(frame.invocation);
    }
  }

  /** Ends an invocation with what user code threw outside of it, such as in a timer. */
  fail(scope: InvocationScope, thrown: unknown): void {
    scope.finish({ error: this.#options.reporter.invocationError(thrown), returnValue: null });
  }

  async #load(payload: LoadPayload): Promise<Code | null> {
    const { reporter, homeDir, send } = this.#options;
    const modules = new ModuleTable(payload, homeDir);
    reporter.showRelativeTo(modules.directories());
    try {
      Object.assign(process.env, payload.env);
      if (payload.describes === true) {
        const described = await describeModules(modules, (error) => failureOf(reporter, error));
        send({ type: FrameType.loaded, invocation: 0 }, { definition: null, described } satisfies LoadedPayload);
        return null;
      }
      const main = await modules.importComponent();
      this.#loaded = { modules, main };
      send({ type: FrameType.loaded, invocation: 0 }, { definition: main?.component.definition ?? null });
    } catch (error) {
      send({ type: FrameType.loadFailed, invocation: 0 }, failureOf(reporter, error));
    }
    return this.#loaded;
  }

  #invoke(number: number, payload: InvokePayload): void {
    const { send } = this.#options;
    const calls = new Calls((call) => send({ type: FrameType.rpc, invocation: number }, call));
    const scope = new InvocationScope(payload.id, {
      partial: (partial) => send({ type: FrameType.partial, invocation: number }, partial),
      late: (observation) =>
        send({ type: FrameType.late, invocation: number }, { invocationId: payload.id, observation }),
      result: (result) => {
        this.#active.delete(number);
        calls.end();
        send({ type: FrameType.result, invocation: number }, result);
      },
    });
    const answer = (response: HttpResponse, { immediate }: { immediate: boolean }): void =>
      send({ type: FrameType.respond, invocation: number }, { response, immediate });
    this.#active.set(number, { scope, calls });
    this.#sweeper ??= setInterval(() => this.#sweep(), PARTIAL_INTERVAL_MS).unref();
    const { languages } = this.#options;
    void currentScope.run(scope, () => this.#execute(payload, { scope, calls, answer, languages }));
  }

  async #execute(payload: InvokePayload, ports: InvocationPorts): Promise<void> {
    const { scope } = ports;
    try {
      const loaded = this.#loaded ?? (await this.#loading);
      if (!loaded) return scope.finish({ error: NOT_LOADED, returnValue: null });
      scope.finish({ error: null, returnValue: await perform(loaded, payload, ports) });
    } catch (error) {
      this.fail(scope, error);
    }
  }

  #cancel(number: number): void {
    const message = "The run took longer than it may and was stopped.";
    const error: InvocationError = { code: "TIMEOUT", name: "TimeoutError", message };
    this.#active.get(number)?.scope.finish({ error, returnValue: null });
  }

  #ping(number: number): void {
    const askedAtMs = performance.now();
    setTimeout(() => {
      const lagMs = Math.max(0, performance.now() - askedAtMs - 1);
      const pong: PongPayload = { lagMs, rssBytes: process.memoryUsage.rss() };
      this.#options.send({ type: FrameType.pong, invocation: number }, pong);
    }, 1);
  }

  #sweep(): void {
    for (const { scope } of this.#active.values()) scope.sendPartial();
    if (this.#active.size > 0 || !this.#sweeper) return;
    clearInterval(this.#sweeper);
    this.#sweeper = null;
  }
}

function failureOf(reporter: ErrorReporter, error: unknown): LoadFailedPayload {
  const { name, message, stack } = reporter.describe(error);
  const text = name === "DefinitionError" ? message : `${name}: ${message}`;
  const isOurs = name === "DefinitionError" || stack === undefined;
  return { message: text, ...(!isOurs && { stack }) };
}

const NOT_LOADED: InvocationError = { code: "LOAD_FAILED", name: "Error", message: "The component is not loaded." };
