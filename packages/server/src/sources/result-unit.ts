import type { Emit, InvocationError, InvocationResult, Observation } from "@millrace/runner";
import { creditsOf, newKsuid } from "../core/index.ts";
import type { CommitUnit, EventDraft, SourceRunRecord } from "../events/index.ts";
import type { ClaimedDelivery } from "../queue/index.ts";
import type { LoadedSource } from "./loaded-source.ts";

const ERRORS = "$errors";
const LOGS = "$logs";

export interface ResultContext {
  readonly source: LoadedSource;
  readonly runId: string;
  readonly cause: SourceRunRecord["cause"];
  readonly attempt: number;
  /** The delivery that caused the run; null for hooks and manual runs. */
  readonly delivery: ClaimedDelivery | null;
  /** JSON text of the run's event; null for hooks. */
  readonly event: string | null;
}

/** Everything that an invocation leaves behind, as one unit: what it emitted, logged, stored and failed with. */
export function resultUnit(result: InvocationResult, context: ResultContext): CommitUnit {
  return { ...unitOf(result, context), ifRefused: (reason) => unitOf(refused(result, reason), context) };
}

/** The run has had its effects, so it is not repeated; but nothing of what it left can be kept. */
function refused(result: InvocationResult, reason: string): InvocationResult {
  const message = `What the run left could not be stored: ${reason}`;
  const error = { code: "RESULT_REFUSED" as const, name: "Error", message };
  return { ...result, error, emits: [], logs: [], dbWrites: {} };
}

function unitOf(result: InvocationResult, context: ResultContext): CommitUnit {
  const { source, delivery } = context;
  const emits = result.emits.map((emit) => emitDraft(source, emit));
  // A run that handles a log line or an error must not make more of the same kind for ever.
  const logs = delivery?.channel === LOGS ? [] : result.logs.map((line) => logDraft(source, line));
  const errors = result.error ? [errorDraft(result.error, context)] : [];
  const { orgId, sourceId } = source;
  const { dedupe } = source.definition;
  return {
    ...(delivery && { claim: delivery }),
    events: [...emits, ...logs, ...errors],
    ...(dedupe && emits.length > 0 && { dedupe: { orgId, sourceId, strategy: dedupe } }),
    ...(Object.keys(result.dbWrites).length > 0 && { dbWrites: { orgId, sourceId, writes: result.dbWrites } }),
    sourceRun: runRecord(result, { ...context, emitCount: emits.length }),
    ...usageOf(result, context),
  };
}

const HOOK_CAUSES: ReadonlySet<string> = new Set(["deploy", "activate", "deactivate"]);

/** Hooks are free, and so is what needed no code or got no process. */
function usageOf(result: InvocationResult, { source, cause }: ResultContext): Pick<CommitUnit, "usage"> {
  if (!source.definition.hasRun || HOOK_CAUSES.has(cause) || result.error?.code === "UNAVAILABLE") return {};
  const computeMs = result.endedAtMs - result.startedAtMs;
  const credits = source.isBilled ? creditsOf({ computeMs, memoryMb: source.deployment.memoryMb }) : 0;
  return { usage: { orgId: source.orgId, kind: "source", credits, computeMs, endedAtMs: result.endedAtMs } };
}

function emitDraft({ orgId, sourceId }: LoadedSource, emit: Emit): EventDraft {
  const { id, summary, ts } = emit;
  const hasMetadata = id !== undefined || summary !== undefined || ts !== undefined;
  return {
    orgId,
    emitterId: sourceId,
    channel: emit.channel,
    payload: emit.event,
    ...(hasMetadata && {
      metadata: {
        ...(id !== undefined && { id }),
        ...(summary !== undefined && { summary }),
        ...(ts !== undefined && { ts }),
      },
    }),
    ...(emit.deliverAtMs !== undefined && { deliverAtMs: emit.deliverAtMs }),
  };
}

function logDraft({ orgId, sourceId }: LoadedSource, line: Observation): EventDraft {
  return { orgId, emitterId: sourceId, channel: LOGS, payload: JSON.stringify(line) };
}

/** `{error, original_event, original_context}`; the event goes in as the text it is. */
function errorDraft(error: InvocationError, context: ResultContext): EventDraft {
  const { source, delivery, runId } = context;
  const nowMs = Date.now();
  const shownError = {
    code: error.code,
    name: error.name,
    msg: error.message,
    cellId: source.sourceId,
    ts: new Date(nowMs).toISOString(),
    stack: error.stack ?? null,
  };
  const originalContext = {
    id: runId,
    ts: new Date(delivery?.createdAtMs ?? nowMs).toISOString(),
    source_id: source.sourceId,
    deployment_id: source.deploymentId,
    owner_id: source.orgId,
    source_type: "COMPONENT",
    cause: context.cause,
    attempt: context.attempt,
    replay: false,
    trace_id: delivery?.emitId ?? runId,
    ...(delivery && { emitter_id: delivery.emitterId, event_name: delivery.channel }),
  };
  const payload = `{"error":${JSON.stringify(shownError)},"original_event":${context.event ?? "null"},"original_context":${JSON.stringify(originalContext)}}`;
  return { orgId: source.orgId, emitterId: source.sourceId, channel: ERRORS, payload };
}

function runRecord(result: InvocationResult, context: ResultContext & { emitCount: number }): SourceRunRecord {
  const { source, delivery } = context;
  return {
    orgId: source.orgId,
    sourceId: source.sourceId,
    runId: context.runId,
    deploymentId: source.deploymentId,
    cause: context.cause,
    status: result.error ? "error" : "success",
    attempt: context.attempt,
    trigger: delivery && { emitterId: delivery.emitterId, channel: delivery.channel, eventId: delivery.eventId },
    emitCount: context.emitCount,
    logs: result.logs.length > 0 ? JSON.stringify(result.logs) : null,
    error: result.error && JSON.stringify(result.error),
    startedAtMs: result.startedAtMs,
    endedAtMs: result.endedAtMs,
  };
}

/** A result for work that needed no process, or got none. */
export function plainResult(part: Partial<InvocationResult>): InvocationResult {
  const nowMs = Date.now();
  return {
    error: null,
    returnValue: null,
    emits: [],
    logs: [],
    dbWrites: {},
    responded: false,
    hadEffect: false,
    startedAtMs: nowMs,
    endedAtMs: nowMs,
    ...part,
  };
}

/** A new run's id. */
export function newRunId(): string {
  return newKsuid(Date.now());
}
