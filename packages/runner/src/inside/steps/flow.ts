import type { Json } from "../../invocation.ts";
import type { FlowRequest, StepInvocation } from "../../step.ts";
import type { Calls } from "../calls/index.ts";
import { isObject } from "../definition/index.ts";
import type { InvocationScope } from "../execution/index.ts";
import { asText, toJson } from "../safe-json.ts";
import type { StepRecord } from "./step-record.ts";

const DAY_MS = 86_400_000;
const MAX_PAUSE_MS = 365 * DAY_MS;
const DEFAULT_SUSPEND_MS = DAY_MS;
const DEFAULT_MAX_RETRIES = 10;
const TEST_MESSAGE = "Workflow execution canceled — this may be due to $.flow.suspend() usage (not supported in test)";

export interface FlowUrls {
  resume_url: string;
  cancel_url: string;
}

/** `$.flow`: what is asked here is done when the step has ended. */
export interface Flow {
  exit(reason?: unknown): void;
  delay(ms: unknown, context?: unknown): FlowUrls;
  suspend(ms?: unknown, context?: unknown): FlowUrls;
  rerun(ms: unknown, context?: unknown, maxRetries?: unknown): FlowUrls;
  trigger(workflowId: unknown, event?: unknown, options?: unknown): Promise<Json>;
  refreshTimeout(): string;
}

export interface FlowPorts {
  readonly invocation: StepInvocation;
  readonly record: StepRecord;
  readonly scope: InvocationScope;
  readonly calls: Calls;
}

/** Makes `$.flow` of one step. */
export function createFlow({ invocation, record, scope, calls }: FlowPorts): Flow {
  const pause = (request: FlowRequest): FlowUrls => {
    if (invocation.isTest) scope.log("console.log", TEST_MESSAGE);
    else if (!invocation.flowUrls) throw new TypeError(`$.flow.${request.kind}() works in workflows only.`);
    else record.request(request);
    return { resume_url: invocation.flowUrls?.resumeUrl ?? "", cancel_url: invocation.flowUrls?.cancelUrl ?? "" };
  };
  return {
    exit: (reason) => record.request({ kind: "exit", reason: reason == null ? null : asText(reason) }),
    delay: (ms) => pause({ kind: "delay", delayMs: readPause(ms, "$.flow.delay") }),
    suspend: (ms) => pause({ kind: "suspend", timeoutMs: readPause(ms ?? DEFAULT_SUSPEND_MS, "$.flow.suspend") }),
    rerun(ms, context, maxRetries) {
      const delayMs = readPause(ms, "$.flow.rerun");
      const most = readCount(maxRetries ?? DEFAULT_MAX_RETRIES);
      if (isWornOut(invocation, most)) return urlsOf(invocation);
      return pause({ kind: "rerun", delayMs, context: toJson(context) ?? null, maxRetries: most });
    },
    trigger: (workflowId, event, options) =>
      calls.call("flow.trigger", {
        workflowId: asText(workflowId),
        event: toJson(event) ?? {},
        resultType: isObject(options) && options["result_type"] === "all_exports" ? "all_exports" : null,
      }),
    refreshTimeout() {
      void calls.call("flow.refreshTimeout", {}).catch(() => undefined);
      return new Date(Date.now() + invocation.timeoutMs).toISOString();
    },
  };
}

function urlsOf({ flowUrls }: StepInvocation): FlowUrls {
  return { resume_url: flowUrls?.resumeUrl ?? "", cancel_url: flowUrls?.cancelUrl ?? "" };
}

/** The step has been run again as often as it may: another request is ignored, and the workflow goes on. */
function isWornOut({ context }: StepInvocation, maxRetries: number): boolean {
  const { run } = context as { run?: unknown };
  const runs = isObject(run) && typeof run["runs"] === "number" ? run["runs"] : 1;
  return runs > maxRetries;
}

function readPause(value: unknown, call: string): number {
  const ms = Math.round(Number(value));
  if (!(ms >= 1 && ms <= MAX_PAUSE_MS)) {
    throw new RangeError(`${call}() takes milliseconds, from 1 to ${MAX_PAUSE_MS} (a year).`);
  }
  return ms;
}

function readCount(value: unknown): number {
  const count = Number(value);
  if (!(count >= 0)) throw new RangeError("$.flow.rerun() takes a number of retries that is not negative.");
  return Math.min(Math.trunc(count), Number.MAX_SAFE_INTEGER);
}
