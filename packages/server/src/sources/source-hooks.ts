import { ApiError } from "../core/index.ts";
import type { CommitUnit, EventLog } from "../events/index.ts";
import type { LoadedSource } from "./loaded-source.ts";
import { resultUnit } from "./result-unit.ts";
import type { HookName, SourceInvoker } from "./source-invoker.ts";

export interface SourceHooksOptions {
  invoker: SourceInvoker;
  log: Pick<EventLog, "commit">;
}

/** Runs a source's hooks. What a hook stored is written down at once, so that the next hook and runs see it. */
export class SourceHooks {
  readonly #options: SourceHooksOptions;

  constructor(options: SourceHooksOptions) {
    this.#options = options;
  }

  /** Runs a hook if the component has it, and writes all it left down. @throws ApiError 422 `hook_failed`, with the user's stack */
  async run(source: LoadedSource, hook: HookName): Promise<void> {
    const unit = await this.runHeld(source, hook);
    if (unit) await this.#options.log.commit(unit);
  }

  /**
   * Like `run`, but gives back what the hook emitted instead of writing it down: for sources that may yet come to nothing.
   * @throws ApiError 422 `hook_failed`, 503 when no sandbox could be had
   */
  async runHeld(source: LoadedSource, hook: HookName): Promise<CommitUnit | null> {
    if (!source.definition.hooks[hook]) return null;
    const { runId, result } = await this.#options.invoker.invokeHook(source, hook);
    const { error } = result;
    if (error?.code === "UNAVAILABLE") {
      throw new ApiError("unavailable", `The ${hook} hook could not be run: ${error.message}`, {
        retryAfterSeconds: 5,
      });
    }
    if (error) {
      throw new ApiError("hook_failed", `The ${hook} hook failed: ${error.message}`, {
        details: [{ path: `hooks.${hook}`, message: `${error.name}: ${error.message} (${error.code})` }],
        ...(error.stack !== undefined && { userStack: error.stack }),
      });
    }
    const { dbWrites, ...held } = resultUnit(result, {
      source,
      runId,
      cause: hook,
      attempt: 1,
      delivery: null,
      event: null,
    });
    if (dbWrites) await this.#options.log.commit({ dbWrites });
    return held;
  }
}
