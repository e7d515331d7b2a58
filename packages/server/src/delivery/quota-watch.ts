import { nextDayMs, QUOTAS_TOPIC, usageDay } from "../core/index.ts";
import type { Database } from "../db/index.ts";
import type { CommitOutcome, EventDraft, EventLog } from "../events/index.ts";
import {
  Alarm,
  findQuotaUse,
  PUT_OFF_BY_QUOTA,
  releasePutOff,
  takeNotice,
  type ClaimedDelivery,
  type QuotaLevel,
  type QuotaLevels,
  type QuotaUse,
} from "../queue/index.ts";
import type { DeliveryHandler } from "./dispatcher.ts";

/** A workspace has reached a share of its quota. */
export interface QuotaNotice extends QuotaUse {
  readonly percent: 80 | 100;
  readonly endsAtMs: number;
}

export interface QuotaWatchOptions {
  db: Database;
  levels: QuotaLevels;
  /** Credits a day of workspaces that have no quota of their own; 0: none. */
  defaultQuota: number;
  log: Pick<EventLog, "append">;
  /** Told once a day for each share, by one of the nodes. */
  onNotice?(notice: QuotaNotice): void;
  /** What was put off may go on. */
  onReleased(): void;
  onError(error: unknown): void;
  now?(): number;
}

const LOOK_EVERY_MS = 5_000;
const LOOK_NEAR_EVERY_MS = 1_000;
const NEAR_SHARE = 0.8;
/** What was put off looks again, though nobody says that it may go on. */
const PUT_OFF_MS = 600_000;
const IDLE_MS = 600_000;

/**
 * Knows which workspaces have used up their credits of the day. What this node uses is counted in memory; the database is
 * asked now and then while a workspace with a quota works, since other nodes use as well, and else not at all.
 */
export class QuotaWatch {
  readonly #options: QuotaWatchOptions;
  readonly #alarm: Alarm;
  /** Workspaces to look at; null: all. */
  #dirty: Set<string> | null = null;
  #day = "";
  #forget: (() => void) | null = null;

  constructor(options: QuotaWatchOptions) {
    this.#options = options;
    this.#alarm = new Alarm({ round: () => this.#round(), onError: options.onError });
  }

  /** @throws ApiError `unavailable` */
  async start(): Promise<void> {
    this.#forget = this.#options.db.listen(QUOTAS_TOPIC, (hint) =>
      this.look(hint.type === "message" && typeof hint.payload === "string" ? hint.payload : null),
    );
    await this.tick();
    this.#alarm.start();
  }

  async stop(): Promise<void> {
    this.#forget?.();
    await this.#alarm.stop();
  }

  /** A workspace, or each of them, must be looked at now. */
  look(orgId: string | null): void {
    if (orgId === null) this.#dirty = null;
    else this.#dirty?.add(orgId);
    this.#alarm.repeat();
    this.#alarm.wakeAt(Date.now());
  }

  /** Counts what was just written down. */
  used(outcomes: readonly CommitOutcome[]): void {
    const { levels, defaultQuota } = this.#options;
    if (levels.size === 0 && defaultQuota === 0) return;
    for (const { held, unit } of outcomes) {
      if (!held || !unit.usage) continue;
      const { orgId, credits } = unit.usage;
      levels.add(orgId, credits);
      const level = levels.get(orgId);
      if (!level && defaultQuota === 0) continue;
      this.#dirty?.add(orgId);
      this.#alarm.wakeAt(Date.now() + pauseOf(level));
    }
  }

  /** Lets a handler work only for workspaces with credits left; the rest is put off. @param isBegun what goes on all the same */
  gate(handler: DeliveryHandler, isBegun: (delivery: ClaimedDelivery) => boolean): DeliveryHandler {
    return async (delivery, signal) => {
      const nowMs = this.#now();
      const untilMs = this.#options.levels.exceededUntilMs(delivery.orgId, nowMs);
      if (untilMs === null || isBegun(delivery)) return handler(delivery, signal);
      const dueAtMs = Math.min(untilMs, nowMs + PUT_OFF_MS);
      return { claim: delivery, retry: { dueAtMs, lastError: PUT_OFF_BY_QUOTA, isUntried: true } };
    };
  }

  /** One round: looks at the workspaces that worked, or at all when the day is new. */
  async tick(): Promise<void> {
    const { db, levels, defaultQuota } = this.#options;
    const nowMs = this.#now();
    const day = usageDay(nowMs);
    const dirty = day === this.#day ? this.#dirty : null;
    if (dirty?.size === 0) return;
    const asked = dirty && [...dirty];
    this.#dirty = new Set();
    try {
      const found = await findQuotaUse(db, { day, defaultQuota, orgIds: asked });
      this.#day = day;
      const uses = new Map(found.map((use) => [use.orgId, use]));
      const orgIds = asked ?? [...new Set([...uses.keys(), ...levels.orgIds()])];
      await this.#take(orgIds, { uses, endsAtMs: nextDayMs(nowMs), day });
    } catch (error) {
      this.#dirty = asked && new Set([...asked, ...(this.#dirty ?? [])]);
      throw error;
    }
  }

  async #take(
    orgIds: readonly string[],
    { uses, endsAtMs, day }: { uses: ReadonlyMap<string, QuotaUse>; endsAtMs: number; day: string },
  ): Promise<void> {
    const { db, levels } = this.#options;
    const nowMs = this.#now();
    const released: string[] = [];
    for (const orgId of orgIds) {
      const before = levels.get(orgId);
      const use = uses.get(orgId);
      levels.set(orgId, use ? { ...use, endsAtMs } : null);
      const isOver = levels.exceededUntilMs(orgId, nowMs) !== null;
      const wasOver = before !== undefined && before.used >= before.quota;
      if (wasOver && !isOver) released.push(orgId);
      if (!wasOver && isOver) await db.notify(QUOTAS_TOPIC, orgId);
      if (use) await this.#tell({ ...use, endsAtMs }, day);
    }
    if (released.length === 0) return;
    await releasePutOff(db, released, nowMs);
    this.#options.onReleased();
  }

  async #tell(use: QuotaUse & { endsAtMs: number }, day: string): Promise<void> {
    const { orgId, used, quota } = use;
    const percent = used >= quota ? 100 : used >= quota * NEAR_SHARE ? 80 : null;
    if (percent === null || !(await takeNotice(this.#options.db, { orgId, day, percent }))) return;
    this.#options.onNotice?.({ ...use, percent });
    if (percent === 100) await this.#options.log.append([exceededDraft(use)]);
  }

  async #round(): Promise<number> {
    await this.tick();
    const { levels } = this.#options;
    const nowMs = Date.now();
    if (levels.size === 0) return nowMs + IDLE_MS;
    return Math.min(nowMs + IDLE_MS, nextDayMs(nowMs));
  }

  #now(): number {
    return this.#options.now?.() ?? Date.now();
  }
}

function pauseOf(level: QuotaLevel | undefined): number {
  if (!level || level.used >= level.quota) return 0;
  return level.used >= level.quota * NEAR_SHARE ? LOOK_NEAR_EVERY_MS : LOOK_EVERY_MS;
}

/** What a workspace says on `$errors` when its credits are used up. */
function exceededDraft({ orgId, quota, endsAtMs }: QuotaUse & { endsAtMs: number }): EventDraft {
  const until = new Date(endsAtMs).toISOString();
  const error = {
    code: "QUOTA_EXCEEDED",
    name: "Quota Exceeded",
    msg: `The ${quota} credits of today are used up: requests are refused and events wait until ${until}, or until the quota is raised`,
    cellId: orgId,
    namespace: "",
    ts: new Date().toISOString(),
    stack: null,
  };
  const payload = JSON.stringify({ error, original_event: null, original_context: { owner_id: orgId } });
  return { orgId, emitterId: orgId, channel: "$errors", payload };
}
