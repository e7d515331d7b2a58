import type { Database } from "../db/index.ts";
import type { Admission, EventDraft, EventLog } from "../events/index.ts";
import { Alarm, countQueues, findQueues, type NodeSession, type QueueOf } from "../queue/index.ts";

export interface QueueWatchOptions {
  db: Database;
  session: NodeSession;
  admission: Admission;
  log: Pick<EventLog, "append">;
  /** Told when a queue becomes full, once until it has had room again, by one of the nodes. */
  onFull?(queue: QueueOf): void;
  /** A queue that was full has room: what was held may go on. */
  onRoom(): void;
  onError(error: unknown): void;
  /** Between counts while something waits. */
  countEveryMs?: number;
}

const COUNT_EVERY_MS = 5_000;
const COUNT_FULL_EVERY_MS = 1_000;
const IDLE_MS = 600_000;
const QUEUES_PER_COUNT = 128;
/** How long an episode counts that nobody renews; and the time to tell of it. */
const EPISODE_MS = 60_000;
const TELLING_MS = 10_000;

// An episode that nobody has renewed is over, whoever forgot to end it.
const BEGIN = `
insert into queue_episodes as episode (org_id, workflow_id, began_at_ms, expires_at_ms)
select org_id, workflow_id, $2, $2::bigint + ${TELLING_MS} from workflows where workflow_id = $1
on conflict (workflow_id) do update set began_at_ms = excluded.began_at_ms, expires_at_ms = excluded.expires_at_ms
where episode.expires_at_ms <= $2
returning workflow_id`;
const RENEW = "update queue_episodes set expires_at_ms = $2 where workflow_id = any($1)";
const END = "delete from queue_episodes where workflow_id = $1";

/**
 * Knows how full the queues are: counts them now and then while something waits, since other nodes put in and take out as
 * well, and says on `$errors` when one is full. Nothing is asked while nothing waits.
 */
export class QueueWatch {
  readonly #options: QueueWatchOptions;
  readonly #alarm: Alarm;
  #mustFind = true;
  /** Writes about episodes, one after the other. */
  #tail: Promise<void> = Promise.resolve();

  constructor(options: QueueWatchOptions) {
    this.#options = options;
    const { levels } = options.admission;
    this.#alarm = new Alarm({ round: () => this.#round(), onError: options.onError });
    levels.observe({ onFull: (queue) => this.#becameFull(queue), onRoom: (queue) => this.#hasRoom(queue) });
  }

  /** Counts what an earlier life left. @throws ApiError `unavailable` */
  async start(): Promise<void> {
    await this.tick();
    this.#alarm.start();
  }

  async stop(): Promise<void> {
    await this.#alarm.stop();
    await this.#tail;
  }

  /** Something waits that was not seen to begin waiting. */
  findAll(): void {
    this.#mustFind = true;
    this.#alarm.repeat();
    this.#alarm.wakeAt(Date.now());
  }

  /** Something has begun to wait. */
  waiting(): void {
    const { countEveryMs = COUNT_EVERY_MS } = this.#options;
    this.#alarm.wakeAt(Date.now() + countEveryMs);
  }

  /** One round: counts the queues in which something waits. */
  async tick(): Promise<void> {
    const { admission, session } = this.#options;
    const { levels } = admission;
    const found = this.#mustFind ? await session.run(findQueues) : [];
    this.#mustFind = false;
    const queues = [...new Map([...levels.queues(), ...found].map((queue) => [queue.listenerId, queue])).values()];
    for (let from = 0; from < queues.length; from += QUEUES_PER_COUNT) {
      const asked = queues.slice(from, from + QUEUES_PER_COUNT);
      await session.run(async (client) => {
        for (const { waiting, ...queue } of await countQueues(client, asked)) levels.set(queue, waiting);
      });
    }
    await admission.prepare();
    if (levels.full.size > 0) await this.#options.db.query(RENEW, [[...levels.full.keys()], Date.now() + EPISODE_MS]);
  }

  async #round(): Promise<number> {
    const { countEveryMs = COUNT_EVERY_MS, admission } = this.#options;
    await this.tick();
    const { levels } = admission;
    if (levels.full.size > 0) return Date.now() + Math.min(countEveryMs, COUNT_FULL_EVERY_MS);
    return Date.now() + (levels.size > 0 ? countEveryMs : IDLE_MS);
  }

  #becameFull(queue: QueueOf): void {
    this.waiting();
    this.#then(async () => {
      const { db, log, admission, onFull } = this.#options;
      // It may have been a commit that did not come about.
      if (!admission.levels.full.has(queue.listenerId)) return;
      await admission.prepare();
      const { rows } = await db.query(BEGIN, [queue.listenerId, Date.now()]);
      if (rows.length === 0) return;
      onFull?.(queue);
      await log.append([fullDraft(queue)]);
      await db.query(RENEW, [[queue.listenerId], Date.now() + EPISODE_MS]);
    });
  }

  #hasRoom(queue: QueueOf): void {
    this.#options.onRoom();
    this.#then(async () => {
      const { db, admission } = this.#options;
      if (!admission.levels.full.has(queue.listenerId)) await db.query(END, [queue.listenerId]);
    });
  }

  #then(work: () => Promise<void>): void {
    this.#tail = this.#tail.then(work).catch((error: unknown) => this.#options.onError(error));
  }
}

/** What a workflow says on `$errors` when its queue is full. */
function fullDraft({ orgId, listenerId, size }: QueueOf): EventDraft {
  const error = {
    code: "EVENT_QUEUE_FULL",
    name: "Event Queue Full",
    msg: `${size} events wait for ${listenerId}: requests are refused and its sources are held until there is room`,
    cellId: listenerId,
    namespace: "",
    ts: new Date().toISOString(),
    stack: null,
  };
  const context = { workflow_id: listenerId, owner_id: orgId };
  const payload = JSON.stringify({ error, original_event: null, original_context: context });
  return { orgId, emitterId: listenerId, channel: "$errors", payload };
}
