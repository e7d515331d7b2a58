import { AsyncLocalStorage } from "node:async_hooks";
import type { Emit, InvocationError, Observation } from "../../invocation.ts";
import { MAX_CHANNEL_CHARS, MAX_DB_KEY_CHARS, type PartialPayload, type ResultPayload } from "../../messages.ts";
import type { StepOutcome } from "../../step.ts";
import { orderEmits } from "../../emit-order.ts";
import { isTooDeep, stringifyLenient } from "../safe-json.ts";
import { readEmitMetadata, type EmitMetadata } from "./emit-metadata.ts";
import type { UnfinishedWork } from "./unfinished-work.ts";

/** One event, one db value and the return value may not be larger than this each. */
const RESULT_LIMIT_BYTES = 6 * 1024 * 1024;
/** All events of one run together. */
const RUN_LIMIT_CHARS = 20 * 1024 * 1024;
const LOG_LIMIT_BYTES = 256 * 1024;
/** So much unsent output is worth a frame of its own. */
const PARTIAL_BYTES = 1024 * 1024;
const MAX_LATE_FRAMES = 100;
/** Dedupe ids are kept and compared; summaries are for lists. */
const MAX_EVENT_ID_CHARS = 8 * 1024;
const MAX_SUMMARY_CHARS = 64 * 1024;

/** Channels that only the platform writes to. */
const RESERVED_CHANNELS = new Set(["$errors", "$logs", "$in"]);

/** Why JSON text may not leave the process; null when it may. */
export function refusalOf(json: string): string | null {
  const isTooLarge = json.length * 3 > RESULT_LIMIT_BYTES && Buffer.byteLength(json) > RESULT_LIMIT_BYTES;
  if (isTooLarge) return "is larger than the limit of 6 MB";
  return isTooDeep(json) ? "is nested more than 256 levels deep" : null;
}

function refusalOfMetadata({ channel, id, summary }: EmitMetadata): string | null {
  if (channel.length > MAX_CHANNEL_CHARS) return `has a name of more than ${MAX_CHANNEL_CHARS} characters`;
  if ((id?.length ?? 0) > MAX_EVENT_ID_CHARS) return `has an id of more than ${MAX_EVENT_ID_CHARS} characters`;
  if ((summary?.length ?? 0) > MAX_SUMMARY_CHARS) return `has a summary of more than ${MAX_SUMMARY_CHARS} characters`;
  return null;
}

/** Where a scope's output goes. */
export interface ScopeOutput {
  partial(payload: PartialPayload): void;
  late(observation: Observation): void;
  result(payload: ResultPayload): void;
}

/** Tells which invocation the running code belongs to. */
export const currentScope = new AsyncLocalStorage<InvocationScope>();

/**
 * What one invocation leaves behind: emits, logs, db writes, and in the end its result.
 * Emits and writes made before a throw are kept. After the end nothing counts any more; it is reported as late.
 */
export class InvocationScope {
  readonly invocationId: string;
  readonly startedAtMs = Date.now();
  /** Variables that `process.env` shows to the code of this invocation only. */
  env: Record<string, string> | null = null;
  /** Of a step: what it leaves besides. */
  step: { outcome(): StepOutcome } | null = null;
  /** Notices what the code leaves running; null where nobody asks. */
  unfinished: UnfinishedWork | null = null;
  readonly #output: ScopeOutput;
  #emits: Emit[] = [];
  #logs: Observation[] = [];
  #dbWrites = new Map<string, string | null>();
  #unsentBytes = 0;
  #logBytes = 0;
  #lateFrames = 0;
  #lastEmitAtMs = 0;
  #emittedChars = 0;
  #storedChars = 0;
  /** An event that could not be taken is lost, so the run must not look like a success. */
  #refused: InvocationError | null = null;
  #isEnded = false;
  readonly #endListeners = new Set<() => void>();

  constructor(invocationId: string, output: ScopeOutput) {
    this.invocationId = invocationId;
    this.#output = output;
  }

  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** Takes one `$emit`: the event is snapshotted now, since callers change their objects afterwards. */
  emit(event: unknown, metadata: unknown): void {
    if (this.#isEnded) {
      this.warn("An event was emitted after the run had ended: it is lost. Await what emits it.");
      return;
    }
    const details = readEmitMetadata(metadata);
    if (RESERVED_CHANNELS.has(details.channel)) {
      this.complain(`The channel ${details.channel} is reserved: nothing was emitted.`);
      return;
    }
    const text = stringifyLenient(event) ?? "null";
    const isTooMuch = this.#emittedChars > RUN_LIMIT_CHARS;
    const refusal = isTooMuch ? "is too much: a run may emit 20 MB" : (refusalOfMetadata(details) ?? refusalOf(text));
    if (refusal) {
      this.complain(`An event ${refusal}; it was not emitted.`);
      this.#refused ??= { code: "RESULT_TOO_LARGE", name: "Error", message: `An event ${refusal}.` };
      return;
    }
    this.#emittedChars += text.length;
    this.#emits.push(details.ts === undefined ? this.#stamped(text, details) : { event: text, ...details });
    this.#grow(text.length);
  }

  /** An emit without `ts` counts as made now; never before an earlier one, even when the clock steps back. */
  #stamped(event: string, details: Omit<Emit, "event">): Emit {
    this.#lastEmitAtMs = Math.max(this.#lastEmitAtMs, Date.now());
    return { event, ...details, emittedAtMs: this.#lastEmitAtMs };
  }

  /** Notes a write to the component's `$.service.db`; null means that the key is unset. @throws RangeError over the limit. */
  writeDb(key: string, json: string | null): void {
    if (key.length > MAX_DB_KEY_CHARS) {
      throw new RangeError(
        `db.set: a key of ${key.length} characters is longer than the limit of ${MAX_DB_KEY_CHARS}.`,
      );
    }
    const isTooMuch = this.#storedChars > RUN_LIMIT_CHARS;
    const refusal = isTooMuch ? "is too much: a run may store 20 MB" : json === null ? null : refusalOf(json);
    if (refusal) throw new RangeError(`db.set("${key}"): the value ${refusal}.`);
    if (this.#isEnded) {
      this.warn(`db.set("${key}") came after the run had ended: it is lost.`);
      return;
    }
    this.#dbWrites.set(key, json);
    const chars = key.length + (json?.length ?? 0);
    this.#storedChars += chars;
    this.#grow(chars);
  }

  log(k: string, msg: string): void {
    this.observe({ k, ts: Date.now(), msg });
  }
  warn(msg: string): void {
    this.log("warning", msg);
  }
  complain(message: string): void {
    this.observe({ k: "error", ts: Date.now(), err: { name: "Error", message } });
  }

  /** Takes one log line. Past the limit of an invocation one last line says so. */
  observe(observation: Observation): void {
    if (this.#logBytes > LOG_LIMIT_BYTES) return;
    const room = LOG_LIMIT_BYTES - this.#logBytes;
    const sizeBytes = sizeOf(observation);
    this.#logBytes += sizeBytes;
    if (sizeBytes <= room) {
      this.#record(observation);
      return;
    }
    if (observation.msg !== undefined) this.#record({ ...observation, msg: observation.msg.slice(0, room) });
    this.#record({ k: "warning", ts: observation.ts, msg: "Logs are truncated: a run may write 256 KB." });
  }

  #record(observation: Observation): void {
    if (!this.#isEnded) {
      this.#logs.push(observation);
      this.#grow(sizeOf(observation));
    } else if (this.#lateFrames++ < MAX_LATE_FRAMES) {
      this.#output.late(observation);
    }
  }

  #grow(sizeBytes: number): void {
    this.#unsentBytes += sizeBytes;
    if (this.#unsentBytes > PARTIAL_BYTES) this.sendPartial();
  }

  /** Hands over what has come together, so that a kill loses nothing of it. */
  sendPartial(): void {
    if (!this.#isEnded && this.#unsentBytes > 0) this.#output.partial(this.#take());
  }

  /** Ends the invocation; only the first call counts. */
  finish(outcome: { error: InvocationError | null; returnValue: string | null }): void {
    if (this.#isEnded) return;
    const left = this.#take();
    this.#isEnded = true;
    const error = outcome.error ?? this.#refused;
    this.#output.result({ ...outcome, error, ...left, ...(this.step && { step: this.step.outcome() }) });
    for (const listener of this.#endListeners) listener();
  }

  /** Calls `listener` when the invocation ends, by its deadline for example. @returns a function that takes it back. */
  whenEnded(listener: () => void): () => void {
    this.#endListeners.add(listener);
    return () => this.#endListeners.delete(listener);
  }

  #take(): PartialPayload {
    const taken = {
      emits: this.#emits.length > 1 ? orderEmits(this.#emits) : this.#emits,
      logs: this.#logs,
      dbWrites: this.#dbWrites.size > 0 ? Object.fromEntries(this.#dbWrites) : {},
    };
    this.#emits = [];
    this.#logs = [];
    this.#dbWrites = new Map();
    this.#unsentBytes = 0;
    return taken;
  }
}

function sizeOf({ msg, err }: Observation): number {
  return 64 + (msg?.length ?? 0) + (err ? err.message.length + (err.stack?.length ?? 0) : 0);
}
