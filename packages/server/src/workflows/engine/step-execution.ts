import type { FlowRequest, HttpResponse, InvocationError, InvocationResult, Json, JsonObject } from "@millrace/runner";
import { autoRetryDelayMs, mayRerun, stepRetryDelayMs } from "../../core/index.ts";
import type { WorkflowStepRecord } from "../../events/index.ts";
import type { CodeStep } from "../definition/index.ts";
import { RetryLaterError } from "./retry-later-error.ts";
import { asksToRerun, type Recorded } from "./recorded-steps.ts";
import { waitId, type Wait } from "./run-state.ts";
import { objectText } from "./scope.ts";
import type { Frame, Segment } from "./segment.ts";
import { failedResult } from "./step-runner.ts";

/** Everything that a run's steps leave and log, in all. */
const MAX_RUN_CHARACTERS = 6 * 1024 * 1024;

interface Attempt {
  readonly step: CodeStep;
  readonly frame: Frame;
  readonly key: string;
  readonly attempt: number;
  readonly recorded: Recorded | undefined;
}
interface Ran {
  readonly result: InvocationResult;
  /** Its answer to the caller, when that has to wait for the end of the run. */
  readonly held: HttpResponse | null;
}

/** Brings single steps of a segment to an end: by what is recorded, or by running them. */
export class StepExecution {
  readonly #segment: Segment;

  constructor(segment: Segment) {
    this.#segment = segment;
  }

  /** The record that a step ends with, in this segment or before; null: it waits. */
  async settle(step: CodeStep, frame: Frame): Promise<WorkflowStepRecord | null> {
    const key = step.namespace + frame.suffix;
    const recorded = this.#segment.options.recorded.step(key);
    const latest = recorded?.latest;
    if (latest?.status === "success") return latest;
    if (latest && this.#segment.isWaiting(key)) return null;
    if (latest?.status === "paused" && !asksToRerun(latest)) return this.#goOn(latest);
    return this.#run({ step, frame, key, attempt: (latest?.attempt ?? 0) + 1, recorded });
  }

  /** The step had ended when the run was paused; what called its URL becomes one of its exports. */
  #goOn(paused: WorkflowStepRecord): Promise<WorkflowStepRecord> {
    const request = this.#segment.options.requests.get(waitId(paused));
    const { ordinal: _ordinal, ...draft } = paused;
    const named = paused.exports ?? "{}";
    const added = `"$resume_data":${JSON.stringify(request)}}`;
    const exports = request === undefined ? named : named === "{}" ? `{${added}` : `${named.slice(0, -1)},${added}`;
    // What it logged and sends was recorded when it paused.
    return this.#segment.record({ ...draft, status: "success", exports, sends: null, response: null, flow: null });
  }

  async #run(attempt: Attempt): Promise<WorkflowStepRecord | null> {
    const ran = await this.#segment.inFlight(() => this.#invoke(attempt));
    const { result } = ran;
    if (result.error) return this.#fail(attempt, { ran, error: result.error });
    const flow = this.#flowOf(attempt, result.step?.flow ?? null);
    const wait = flow && this.#waitOf(attempt, flow);
    if (wait) this.#segment.wait(wait);
    const draft = this.#draft(attempt, ran);
    const row = await this.#segment.record({
      ...draft,
      status: wait ? "paused" : "success",
      flow: flow && JSON.stringify(flow),
    });
    return wait ? null : row;
  }

  async #invoke(attempt: Attempt): Promise<Ran> {
    const first = await this.#invokeOnce(attempt);
    const isLost = first.result.error?.code === "INTERRUPTED" && !first.result.hadEffect;
    const ran = isLost ? await this.#invokeOnce(attempt) : first;
    const { error } = ran.result;
    if (error?.code === "UNAVAILABLE") throw new RetryLaterError(error);
    const { recorded } = this.#segment.options;
    if (!error && recorded.sizeCharacters + sizeOf(ran.result) > MAX_RUN_CHARACTERS) {
      const message = "Function Payload Limit Exceeded: exports and logs of a run may have 6 MB in all";
      return { ...ran, result: { ...failedResult({ code: "RESULT_TOO_LARGE", name: "Error", message }) } };
    }
    return ran;
  }

  async #invokeOnce(attempt: Attempt): Promise<Ran> {
    const { step, frame, key } = attempt;
    const { options } = this.#segment;
    const timeoutMs = frame.deadlineMs - Date.now();
    if (timeoutMs <= 0) return { result: failedResult(timeoutError(options.version.settings.timeoutMs)), held: null };
    let held: HttpResponse | null = null;
    const work = options.stepRunner.invoke({
      version: options.version,
      step,
      steps: this.#segment.stepsText(frame),
      context: { ...this.#segment.context, run: this.#runContext(attempt) },
      flowUrls: options.urls.urlsOf(options.run, waitId({ key, attempt: attempt.attempt })),
      timeoutMs,
      listener: {
        respond: (response, how) => {
          if (!how.immediate) held = response;
          options.onRespond(response, how);
        },
        call: (method, params) => options.onCall({ step, deadlineMs: frame.deadlineMs }, method, params),
      },
    });
    const { meter, aborted } = this.#segment;
    const begunAtMs = Date.now();
    const result = await Promise.race([work, aborted]).catch((error: unknown) => {
      meter.ran(frame.part, Date.now() - begunAtMs);
      throw error;
    });
    meter.ran(frame.part, result.endedAtMs - result.startedAtMs);
    return { result, held };
  }

  /** `$.context.run`: how often it has run, and what the run before left for it. */
  #runContext({ recorded, key }: Attempt): JsonObject {
    const runs = (recorded?.reruns ?? 0) + 1;
    const latest = recorded?.latest;
    if (!latest || !asksToRerun(latest)) return { runs };
    const { context } = JSON.parse(latest.flow ?? "{}") as { context: Json };
    const request = this.#segment.options.requests.get(waitId({ key, attempt: latest.attempt }));
    return { runs, context, ...(request !== undefined && { callback_request: request as Json }) };
  }

  /** Calls of `rerun` beyond their limit are ignored. */
  #flowOf({ recorded }: Attempt, flow: FlowRequest | null): FlowRequest | null {
    if (flow?.kind !== "rerun") return flow;
    return mayRerun({ runs: (recorded?.reruns ?? 0) + 1, maxRetries: flow.maxRetries }) ? flow : null;
  }

  #waitOf({ key, attempt }: Attempt, flow: FlowRequest): Wait | null {
    if (flow.kind === "exit") return null;
    const delayMs = flow.kind === "suspend" ? flow.timeoutMs : flow.delayMs;
    return { key, id: waitId({ key, attempt }), kind: flow.kind, dueAtMs: Date.now() + delayMs };
  }

  async #fail(
    attempt: Attempt,
    { ran, error }: { ran: Ran; error: InvocationError },
  ): Promise<WorkflowStepRecord | null> {
    const { step, key } = attempt;
    const wait = this.#retryOf(attempt, error);
    if (wait) this.#segment.wait(wait);
    else this.#segment.end({ status: "error", error: { ...error, step: step.namespace, cellId: step.id } });
    const draft = this.#draft(attempt, ran);
    const exports = wait?.kind === "auto_retry" ? this.#withAttempt(draft.exports, { attempt, error, wait }) : {};
    const row = await this.#segment.record({
      ...draft,
      key,
      status: "error",
      error: JSON.stringify(error),
      ...exports,
    });
    return wait ? null : row;
  }

  #retryOf({ step, key, attempt, recorded }: Attempt, error: InvocationError): Wait | null {
    const failed = { failures: (recorded?.failures ?? 0) + 1, code: error.code, name: error.name };
    const id = waitId({ key, attempt });
    const stepDelayMs = stepRetryDelayMs(step.retry, failed);
    if (stepDelayMs !== null) return { key, id, kind: "retry", dueAtMs: Date.now() + stepDelayMs };
    if (!this.#segment.options.version.settings.autoRetry) return null;
    const autoDelayMs = autoRetryDelayMs(this.#segment.autoRetries, failed);
    if (autoDelayMs === null) return null;
    this.#segment.autoRetries++;
    return { key, id, kind: "auto_retry", dueAtMs: Date.now() + autoDelayMs };
  }

  /** What a failed step shows while it waits to be tried again. */
  #withAttempt(
    exports: string | null,
    { attempt, error, wait }: { attempt: Attempt; error: InvocationError; wait: Wait },
  ): { exports: string } {
    const { options, autoRetries } = this.#segment;
    const urls = options.urls.urlsOf(options.run, waitId(attempt));
    const resume_ts = new Date(wait.dueAtMs).toISOString();
    const $attempt = { error, cancel_url: urls.cancelUrl, rerun_url: urls.resumeUrl, resume_ts };
    const own = JSON.stringify({ $summary: `Failed; retry ${autoRetries} of 8 at ${resume_ts}`, $attempt });
    return { exports: exports === null || exports === "{}" ? own : `${exports.slice(0, -1)},${own.slice(1)}` };
  }

  #draft(attempt: Attempt, { result, held }: Ran): Omit<WorkflowStepRecord, "ordinal"> {
    const { step: outcome } = result;
    const sends = outcome?.sends ?? [];
    return this.#segment.draft(attempt.step, {
      key: attempt.key,
      attempt: attempt.attempt,
      status: "success",
      props: outcome?.evaluatedProps ?? JSON.stringify(attempt.step.props),
      exports: outcome && Object.keys(outcome.exports).length > 0 ? objectText(outcome.exports) : null,
      returnValue: result.returnValue,
      logs: result.logs.length > 0 ? JSON.stringify(result.logs) : null,
      sends: sends.length > 0 ? JSON.stringify(sends) : null,
      response: held && JSON.stringify(held),
      startedAtMs: result.startedAtMs,
      endedAtMs: result.endedAtMs,
    });
  }
}

function sizeOf(result: InvocationResult): number {
  const exported = Object.values(result.step?.exports ?? {}).reduce((sum, json) => sum + json.length, 0);
  const logged = result.logs.reduce((sum, line) => sum + (line.msg?.length ?? 0), 0);
  return exported + logged + (result.returnValue?.length ?? 0);
}

export function timeoutError(timeoutMs: number): InvocationError {
  return { code: "TIMEOUT", name: "TimeoutError", message: `The workflow did not end within ${timeoutMs / 1000} s` };
}
