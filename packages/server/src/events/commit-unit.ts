/** What can be written down in one step. All units that wait while a commit is in flight share the next one. */
import type { Claim, EventMetadata } from "../queue/index.ts";

/** An event to append. */
export interface EventDraft {
  orgId: string;
  emitterId: string;
  /** `""` is the default channel. `$trigger`: an interface event of a source, delivered to it alone. */
  channel: string;
  /** JSON text. */
  payload: string;
  /** KSUID; made when absent. */
  emitId?: string;
  /** Dedupe id and what event lists show. */
  metadata?: EventMetadata;
  /** This listener gets the event whatever the subscriptions say. */
  directListenerId?: string;
  /** W3C trace context of whoever caused it; for traces alone, not kept. */
  traceparent?: string;
  /** Epoch ms; a later time keeps the event on the emitter's `$in` channel until then. */
  deliverAtMs?: number;
}

export interface SourceRunRecord {
  orgId: string;
  sourceId: string;
  runId: string;
  deploymentId: string;
  cause: "http" | "timer" | "event" | "manual" | "deploy" | "activate" | "deactivate";
  status: "success" | "error";
  attempt: number;
  trigger: { emitterId: string; channel: string; eventId: number } | null;
  emitCount: number;
  /** JSON text of the observations; null = none. */
  logs: string | null;
  /** JSON text `{code, name, message, stack?}`; null = none. */
  error: string | null;
  startedAtMs: number;
  endedAtMs: number;
}

export interface WebhookDeliveryRecord {
  orgId: string;
  webhookId: string;
  webhookDeliveryId: string;
  emitterId: string;
  channel: string;
  eventId: number;
  status: "success" | "dead";
  attempts: number;
  responseStatus: number | null;
  error: string | null;
  startedAtMs: number;
  endedAtMs: number;
}

/** A run of a workflow as it stands; what the database has of it already is brought up to date. */
export interface WorkflowRunRecord {
  orgId: string;
  workflowId: string;
  runId: string;
  traceId: string;
  deploymentId: string;
  status: "running" | "paused" | "success" | "error" | "cancelled";
  trigger: { kind: string; emitterId: string; channel: string; eventId: number };
  replayOf: string | null;
  /** JSON text of the engine's own; null once ended. */
  state: string | null;
  /** JSON text; null = none. */
  error: string | null;
  startedAtMs: number;
  endedAtMs: number | null;
  /** The delivery that works on it; null while it waits and once it has ended. */
  deliveryId: number | null;
  /** Which of the unit's `events` it waits for, when it is put off. */
  pendingEvent?: number;
}

/** What one segment of a workflow or one run of a source used: counted when the work is recorded as done, so once. */
export interface UsageRecord {
  orgId: string;
  kind: "workflow" | "source";
  credits: number;
  computeMs: number;
  /** Its UTC day is the one that counts. */
  endedAtMs: number;
}

/** One finished step of a run, or a decision of its control flow. */
export interface WorkflowStepRecord {
  orgId: string;
  runId: string;
  ordinal: number;
  /** Namespace and the place in the loops around it. */
  key: string;
  namespace: string;
  kind: "step" | "block" | "decision";
  attempt: number;
  status: "success" | "error" | "skipped" | "paused";
  /** JSON texts; null = none. */
  props: string | null;
  exports: string | null;
  returnValue: string | null;
  logs: string | null;
  error: string | null;
  flow: string | null;
  sends: string | null;
  response: string | null;
  startedAtMs: number;
  endedAtMs: number;
}

/** Written together or not at all. */
export interface CommitUnit {
  /** The delivery whose work this is. When this node no longer holds it, nothing of the unit is written. */
  claim?: Claim;
  /** With `claim`: the delivery stays claimed, for its work goes on. */
  keepsClaim?: true;
  /** The pending emit that becomes `events`. When it is gone (moved by another node, deleted), nothing is written. */
  scheduledEmit?: { orgId: string; emitterId: string; eventId: number };
  /** The tick that `events` tell of; it moves the timer on. When the timer has moved already, nothing is written. */
  timerTick?: { orgId: string; timerId: string; dueAtMs: number; nextAtMs: number | null };
  /** Keeps the claimed delivery for a later attempt instead of removing it. */
  retry?: {
    dueAtMs: number;
    lastError: string;
    /** Nothing was attempted. */
    isUntried?: true;
  };
  events?: readonly EventDraft[];
  /**
   * Its events come from outside, and whoever sent them can be told no: when the queue of a direct listener, or one that
   * it leads to, is full, or its workspace has no credits left, nothing is written and the call is rejected with a
   * `RefusedError`.
   */
  mayBeRefused?: true;
  /** Applied to `events` on channels that are not reserved (`$…`), per channel, in the order given. */
  dedupe?: { orgId: string; sourceId: string; strategy: "unique" | "greatest" | "last" };
  /** JSON text by key; null removes the key. */
  dbWrites?: { orgId: string; sourceId: string; writes: Readonly<Record<string, string | null>> };
  sourceRun?: SourceRunRecord;
  webhookDelivery?: WebhookDeliveryRecord;
  workflowRun?: WorkflowRunRecord;
  workflowSteps?: readonly WorkflowStepRecord[];
  usage?: UsageRecord;
  /** What to write in its place when the database refuses it for a fault of its own: work that was done is not repeated for it. */
  ifRefused?: (reason: string) => CommitUnit;
}

export interface AppendedEvent {
  orgId: string;
  emitterId: string;
  channel: string;
  eventId: number;
  emitId: string;
}

export interface CommitOutcome {
  /** What was written: the unit, or what took its place. */
  unit: CommitUnit;
  /** False: the claim (or the pending emit, or the tick) was gone and nothing was written. */
  held: boolean;
  /** What was appended, in draft order; null where dedupe dropped a draft. */
  events: readonly (AppendedEvent | null)[];
}
