import type { HttpResponse, InvocationError } from "../invocation.ts";
import type { Frame } from "../frames.ts";
import { parseBody } from "../frames.ts";
import { FrameType } from "../messages.ts";
import type { InvokePayload, LoadPayload, PongPayload } from "../messages.ts";
import { readComponent } from "./definition/index.ts";
import type { LoadedComponent } from "./definition/index.ts";
import { currentScope, InvocationScope, refusalOf } from "./execution/index.ts";
import type { ErrorReporter } from "./execution/index.ts";
import { Blueprint } from "./instance/index.ts";
import { perform } from "./invocations/index.ts";
import { importComponent } from "./module-loader.ts";
import { stringifyLenient } from "./safe-json.ts";

/** How often output of invocations that are still running is handed over. */
const PARTIAL_INTERVAL_MS = 1000;

export interface SessionOptions {
  readonly reporter: ErrorReporter;
  /** Where a component seems to lie that has no dependencies. */
  readonly homeDir: string;
  send(head: { type: number; invocation: number }, payload: unknown): void;
}

interface Loaded {
  readonly component: LoadedComponent;
  readonly blueprint: Blueprint;
}

/** The conversation with the parent: one deployment is loaded, then many invocations run side by side. */
export class Session {
  readonly #options: SessionOptions;
  readonly #active = new Map<number, InvocationScope>();
  #loading: Promise<Loaded | null> | null = null;
  #loaded: Loaded | null = null;
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

  async #load({ code, env, dependencyDir }: LoadPayload): Promise<Loaded | null> {
    const { reporter, homeDir, send } = this.#options;
    const dir = dependencyDir ?? homeDir;
    reporter.showRelativeTo(dir);
    try {
      Object.assign(process.env, env);
      const component = readComponent(await importComponent(code, dir));
      this.#loaded = { component, blueprint: new Blueprint(component) };
      send({ type: FrameType.loaded, invocation: 0 }, { definition: component.definition });
    } catch (error) {
      const { name, message, stack } = reporter.describe(error);
      const text = name === "DefinitionError" ? message : `${name}: ${message}`;
      const isOurs = name === "DefinitionError" || stack === undefined;
      send({ type: FrameType.loadFailed, invocation: 0 }, { message: text, ...(!isOurs && { stack }) });
    }
    return this.#loaded;
  }

  #invoke(number: number, payload: InvokePayload): void {
    const scope = new InvocationScope(payload.id, {
      partial: (partial) => this.#options.send({ type: FrameType.partial, invocation: number }, partial),
      late: (observation) =>
        this.#options.send({ type: FrameType.late, invocation: number }, { invocationId: payload.id, observation }),
      result: (result) => {
        this.#active.delete(number);
        this.#options.send({ type: FrameType.result, invocation: number }, result);
      },
    });
    this.#active.set(number, scope);
    this.#sweeper ??= setInterval(() => this.#sweep(), PARTIAL_INTERVAL_MS).unref();
    void currentScope.run(scope, () => this.#execute(number, payload, scope));
  }

  async #execute(number: number, payload: InvokePayload, scope: InvocationScope): Promise<void> {
    try {
      const loaded = this.#loaded ?? (await this.#loading);
      if (!loaded) return scope.finish({ error: NOT_LOADED, returnValue: null });
      const respond = this.#responder(number, payload);
      const instance = loaded.blueprint.createInstance({ invocation: payload, scope, respond });
      const value = await perform(loaded.component, payload, { blueprint: loaded.blueprint, instance });
      scope.finish(outcomeOf(value));
    } catch (error) {
      this.fail(scope, error);
    }
  }

  /** The first `respond` answers the waiting request; all others, and those that nobody waits for, do nothing. */
  #responder(number: number, payload: InvokePayload): ((response: HttpResponse) => void) | null {
    if (payload.kind !== "run" || !payload.awaitsResponse) return null;
    let hasResponded = false;
    return (response) => {
      if (hasResponded || !this.#active.has(number)) return;
      hasResponded = true;
      this.#options.send({ type: FrameType.respond, invocation: number }, response);
    };
  }

  #cancel(number: number): void {
    const message = "The run took longer than it may and was stopped.";
    const error: InvocationError = { code: "TIMEOUT", name: "TimeoutError", message };
    this.#active.get(number)?.finish({ error, returnValue: null });
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
    for (const scope of this.#active.values()) scope.sendPartial();
    if (this.#active.size > 0 || !this.#sweeper) return;
    clearInterval(this.#sweeper);
    this.#sweeper = null;
  }
}

const NOT_LOADED: InvocationError = { code: "LOAD_FAILED", name: "Error", message: "The component is not loaded." };

function outcomeOf(value: unknown): { error: InvocationError | null; returnValue: string | null } {
  const json = stringifyLenient(value) ?? null;
  const refusal = json === null ? null : refusalOf(json);
  if (!refusal) return { error: null, returnValue: json };
  const error: InvocationError = { code: "RESULT_TOO_LARGE", name: "Error", message: `The return value ${refusal}.` };
  return { error, returnValue: null };
}
