import type { ReplyOf, sourceOperations } from "@millrace/contract";
import type { JsonObject, Observation } from "@millrace/runner";
import { sql } from "kysely";
import { formatEventId, invalidInput, type Page, type PageRequest } from "../core/index.ts";
import { selectPage, type Database } from "../db/index.ts";
import type { CommitUnit, EventLog, SourceRunRecord, AppendedEvent, EventDraft } from "../events/index.ts";
import type { InterfaceOwner } from "./interface-rows.ts";
import type { LoadedSource } from "./loaded-source.ts";
import { resultUnit } from "./result-unit.ts";
import type { SourceInvoker } from "./source-invoker.ts";

/** A run as replies show it. */
export type RunReply = ReplyOf<typeof sourceOperations.listSourceRuns>["data"][number];
/** A manual run with what it emitted. */
export type ManualRunReply = ReplyOf<typeof sourceOperations.runSource>["data"];
export type TestEventReply = ReplyOf<typeof sourceOperations.createSourceEvent>["data"];

export interface TestEvent {
  readonly event: unknown;
  readonly channel: string;
  readonly id?: string | undefined;
  readonly summary?: string | undefined;
}

export interface SourceRunsOptions {
  db: Database;
  log: Pick<EventLog, "commit">;
  invoker: SourceInvoker;
}

interface RunRow {
  source_id: string;
  run_id: string;
  started_at_ms: number;
  ended_at_ms: number;
  cause: string;
  status: "success" | "error";
  attempt: number;
  trigger_emitter_id: string | null;
  trigger_channel: string | null;
  trigger_event_id: number | null;
  emit_count: number;
  logs: string | null;
  error: string | null;
}

/** Runs and test events that a person asks for, and the record of all runs. */
export class SourceRuns {
  readonly #options: SourceRunsOptions;

  constructor(options: SourceRunsOptions) {
    this.#options = options;
  }

  /** Runs a source at once with an event that is an object without an interface's keys, and answers when it has ended. */
  async runNow(source: LoadedSource, event: JsonObject): Promise<ManualRunReply> {
    const { invoker, log } = this.#options;
    const text = JSON.stringify(event);
    const { runId, result } = await invoker.invoke(source, { kind: "run", event: text });
    const unit = resultUnit(result, { source, runId, cause: "manual", attempt: 1, delivery: null, event: text });
    const { events, unit: written } = await log.commit(unit);
    const run = runOfUnit(written);
    const drafts = (written.events ?? []).slice(0, run.emit_count);
    return { ...run, emits: drafts.map((draft, index) => emitReply(draft, events[index] ?? null)) };
  }

  /** Emits an event in the source's name, through its deduplication. @throws ApiError 400 for a reserved channel, 429 when it is held by a full queue */
  async emitTestEvent(source: LoadedSource, { event, channel, id, summary }: TestEvent): Promise<TestEventReply> {
    if (channel.startsWith("$"))
      throw invalidInput([{ path: "event_name", message: "names beginning with $ are reserved" }]);
    const { orgId, sourceId, definition } = source;
    const metadata = { ...(id !== undefined && { id }), ...(summary !== undefined && { summary }) };
    const draft = { orgId, emitterId: sourceId, channel, payload: JSON.stringify(event), metadata };
    const strategy = definition.dedupe;
    const outcome = await this.#options.log.commit({
      events: [draft],
      mayBeRefused: true,
      ...(strategy && { dedupe: { orgId, sourceId, strategy } }),
    });
    const appended = outcome.events[0] ?? null;
    return {
      id: appended && formatEventId(appended.eventId),
      indexed_at_ms: appended && Date.now(),
      event,
      metadata: { emitter_id: sourceId, emit_id: appended?.emitId ?? null, name: channel, ...metadata },
    };
  }

  /** Newest first. */
  async list(owner: InterfaceOwner, page: PageRequest): Promise<Page<RunReply & { id: string }>> {
    const { rows, totalCount } = await selectPage<RunRow>(this.#options.db.kysely, {
      columns: sql`*`,
      from: sql`source_runs`,
      where: sql`org_id = ${owner.orgId} and source_id = ${owner.sourceId}`,
      id: sql`run_id`,
      sort: sql`started_at_ms`,
      direction: "desc",
      page,
    });
    return { rows: rows.map(runOfRow), totalCount };
  }
}

function runOfRow(row: RunRow): RunReply {
  return {
    id: row.run_id,
    source_id: row.source_id,
    status: row.status,
    cause: row.cause,
    attempt: row.attempt,
    trigger: triggerReply(
      row.trigger_emitter_id === null
        ? null
        : { emitterId: row.trigger_emitter_id, channel: row.trigger_channel ?? "", eventId: row.trigger_event_id ?? 0 },
    ),
    emit_count: row.emit_count,
    logs: row.logs === null ? [] : (JSON.parse(row.logs) as Observation[]),
    error: row.error === null ? null : (JSON.parse(row.error) as RunReply["error"]),
    started_at_ms: row.started_at_ms,
    ended_at_ms: row.ended_at_ms,
  };
}

function runOfUnit(unit: CommitUnit): RunReply {
  const run = unit.sourceRun;
  if (!run) throw new Error("A run was not recorded");
  return runOfRow({
    source_id: run.sourceId,
    run_id: run.runId,
    started_at_ms: run.startedAtMs,
    ended_at_ms: run.endedAtMs,
    cause: run.cause,
    status: run.status,
    attempt: run.attempt,
    trigger_emitter_id: null,
    trigger_channel: null,
    trigger_event_id: null,
    emit_count: run.emitCount,
    logs: run.logs,
    error: run.error,
  });
}

function triggerReply(trigger: SourceRunRecord["trigger"]): RunReply["trigger"] {
  if (!trigger) return null;
  return { emitter_id: trigger.emitterId, event_name: trigger.channel, event_id: formatEventId(trigger.eventId) };
}

function emitReply(draft: EventDraft, appended: AppendedEvent | null): ManualRunReply["emits"][number] {
  const { id, summary, ts } = draft.metadata ?? {};
  return {
    event_id: appended && formatEventId(appended.eventId),
    event_name: draft.channel,
    event: JSON.parse(draft.payload) as unknown,
    ...(id !== undefined && { id }),
    ...(summary !== undefined && { summary }),
    ...(ts !== undefined && { ts }),
  };
}
