import { sql, type Kysely } from "kysely";
import { ApiError, invalidInput, isEmitterGlob, newId, notFound, type Page, type PageRequest } from "../core/index.ts";
import { notifyWithin, selectPage, type Database, type Schema } from "../db/index.ts";
import { findParticipants } from "./participants.ts";
import { SUBSCRIPTIONS_TOPIC, type SubscriptionCache } from "./subscription-cache.ts";

/** Who listens to what: the emitter's id, a glob or the workspace, and the exact channel. */
export interface SubscriptionKey {
  emitterId: string;
  channel: string;
  listenerId: string;
}

/** A row of `subscriptions`. */
export interface SubscriptionRow {
  org_id: string;
  subscription_id: string;
  emitter_id: string;
  channel: string;
  listener_id: string;
  created_at_ms: number;
}

const DEFAULT_CHANNEL = "";
const SYSTEM_CHANNELS = new Set(["$errors", "$logs"]);

/** Subscriptions between the emitters and listeners of a workspace. */
export class Subscriptions {
  readonly #db: Database;
  readonly #cache: SubscriptionCache;

  constructor(options: { db: Database; cache: SubscriptionCache }) {
    this.#db = options.db;
    this.#cache = options.cache;
  }

  /**
   * Subscribes, or finds the subscription that stands. Every event accepted afterwards is delivered.
   * @throws ApiError 404 unless emitter and listener belong to one workspace of the caller, 409 when an emitter would
   * hear its own default channel
   */
  async create(orgIds: readonly string[], key: SubscriptionKey): Promise<SubscriptionRow> {
    assertChannel(key.channel);
    const orgId = await this.#orgOfListener(orgIds, key.listenerId);
    const [emitterOrg] = await this.#emitterOrgs(orgId, key.emitterId);
    if (emitterOrg === undefined) throw notFound(`Emitter ${key.emitterId}`);
    if (key.channel === DEFAULT_CHANNEL && hearsItself(key, orgId)) {
      throw new ApiError("conflict", `${key.listenerId} would hear its own default channel`);
    }
    const row = await this.#db.transaction((trx) => insertSubscription(trx, { orgId, ...key }));
    this.#cache.invalidate(orgId);
    return row;
  }

  /** @throws ApiError 404 when there is none */
  async delete(orgIds: readonly string[], key: SubscriptionKey): Promise<void> {
    const orgId = await this.#db.transaction(async (trx) => {
      const row = await trx
        .deleteFrom("subscriptions")
        .where("org_id", "in", orgIds)
        .where("emitter_id", "=", key.emitterId)
        .where("channel", "=", key.channel)
        .where("listener_id", "=", key.listenerId)
        .returning("org_id")
        .executeTakeFirst();
      if (row) await announce(trx, row.org_id);
      return row?.org_id;
    });
    if (orgId === undefined) throw notFound("Subscription");
    this.#cache.invalidate(orgId);
  }

  list(orgIds: readonly string[], page: PageRequest): Promise<Page<SubscriptionRow>> {
    return selectPage<SubscriptionRow>(this.#db.kysely, {
      columns: sql`*`,
      from: sql`subscriptions`,
      where: sql`org_id = any(${[...orgIds]})`,
      id: sql`subscription_id`,
      sort: sql`created_at_ms`,
      direction: "desc",
      page,
    });
  }

  /** Subscribes a listener to each emitter created from now on. @throws ApiError 404 */
  async createAuto(orgIds: readonly string[], key: Omit<SubscriptionKey, "emitterId">): Promise<string> {
    assertChannel(key.channel);
    const orgId = await this.#orgOfListener(orgIds, key.listenerId);
    const { rows } = await this.#db.query<{ auto_subscription_id: string }>(
      `insert into auto_subscriptions (org_id, auto_subscription_id, channel, listener_id, created_at_ms)
       values ($1, $2, $3, $4, $5)
       on conflict (org_id, channel, listener_id) do update set channel = excluded.channel
       returning auto_subscription_id`,
      [orgId, newId("autoSubscription"), key.channel, key.listenerId, Date.now()],
    );
    return rows[0]?.auto_subscription_id ?? "";
  }

  /** What it has subscribed already stays. @throws ApiError 404 when there is none */
  async deleteAuto(orgIds: readonly string[], key: Omit<SubscriptionKey, "emitterId">): Promise<void> {
    const { rowCount } = await this.#db.query(
      "delete from auto_subscriptions where org_id = any($1) and channel = $2 and listener_id = $3",
      [[...orgIds], key.channel, key.listenerId],
    );
    if (rowCount === 0) throw notFound("Auto-subscription");
  }

  /** Makes a listener hear an emitter's default channel; called in the transaction that configures it so. */
  async listen(trx: Kysely<Schema>, pair: { orgId: string; emitterId: string; listenerId: string }): Promise<void> {
    await insertSubscription(trx, { ...pair, channel: DEFAULT_CHANNEL });
  }

  /** The opposite. */
  async unlisten(trx: Kysely<Schema>, pair: { orgId: string; emitterId: string; listenerId: string }): Promise<void> {
    const { orgId, emitterId, listenerId } = pair;
    await sql`delete from subscriptions where org_id = ${orgId} and emitter_id = ${emitterId}
      and channel = ${DEFAULT_CHANNEL} and listener_id = ${listenerId}`.execute(trx);
    await announce(trx, orgId);
  }

  /** Gives a new emitter what auto-subscriptions promise; called in the transaction that creates it. */
  async onEmitterCreated(trx: Kysely<Schema>, emitter: { orgId: string; emitterId: string }): Promise<void> {
    const { orgId, emitterId } = emitter;
    const promised = await trx
      .selectFrom("auto_subscriptions")
      .select(["channel", "listener_id"])
      .where("org_id", "=", orgId)
      .where("listener_id", "!=", emitterId)
      .execute();
    for (const { channel, listener_id: listenerId } of promised) {
      await insertSubscription(trx, { orgId, emitterId, channel, listenerId });
    }
  }

  /** Makes every node know what a listener says of its queue; called in the transaction that changes it. */
  async onQueueChanged(trx: Kysely<Schema>, orgId: string): Promise<void> {
    await announce(trx, orgId);
  }

  /** Removes everything in which an emitter or listener takes part; called in the transaction that deletes it. */
  async onParticipantDeleted(trx: Kysely<Schema>, participant: { orgId: string; id: string }): Promise<void> {
    const { orgId, id } = participant;
    await sql`delete from subscriptions where org_id = ${orgId} and (emitter_id = ${id} or listener_id = ${id})`.execute(
      trx,
    );
    await sql`delete from auto_subscriptions where org_id = ${orgId} and listener_id = ${id}`.execute(trx);
    await announce(trx, orgId);
  }

  async #orgOfListener(orgIds: readonly string[], listenerId: string): Promise<string> {
    const [found] = await findParticipants(this.#db, { orgIds, id: listenerId });
    if (found === undefined) throw notFound(`Listener ${listenerId}`);
    return found;
  }

  /** The workspace, when the emitter is one of its own or stands for all of a kind. */
  async #emitterOrgs(orgId: string, emitterId: string): Promise<string[]> {
    if (isEmitterGlob(emitterId) || emitterId === orgId) return [orgId];
    return emitterId.startsWith("wh_") ? [] : findParticipants(this.#db, { orgIds: [orgId], id: emitterId });
  }
}

function assertChannel(channel: string): void {
  if (!channel.startsWith("$") || SYSTEM_CHANNELS.has(channel)) return;
  throw invalidInput([{ path: "event_name", message: "only $errors and $logs begin with $" }]);
}

function hearsItself({ emitterId, listenerId }: SubscriptionKey, orgId: string): boolean {
  const isEmitterToo = !listenerId.startsWith("wh_");
  if (emitterId === orgId) return isEmitterToo;
  return emitterId === listenerId || (isEmitterGlob(emitterId) && listenerId.startsWith(emitterId.slice(0, -1)));
}

async function insertSubscription(
  trx: Kysely<Schema>,
  key: SubscriptionKey & { orgId: string },
): Promise<SubscriptionRow> {
  const row = {
    org_id: key.orgId,
    subscription_id: newId("subscription"),
    emitter_id: key.emitterId,
    channel: key.channel,
    listener_id: key.listenerId,
    created_at_ms: Date.now(),
  };
  const stored = await trx
    .insertInto("subscriptions")
    .values(row)
    .onConflict((conflict) =>
      conflict.columns(["org_id", "emitter_id", "channel", "listener_id"]).doUpdateSet({ channel: key.channel }),
    )
    .returningAll()
    .executeTakeFirstOrThrow();
  if (stored.subscription_id === row.subscription_id) await announce(trx, key.orgId);
  return stored;
}

/** Makes every commit that matched by the former subscriptions try again, and tells the nodes. */
async function announce(trx: Kysely<Schema>, orgId: string): Promise<void> {
  await sql`insert into subscription_versions (org_id, version) values (${orgId}, 1)
    on conflict (org_id) do update set version = subscription_versions.version + 1`.execute(trx);
  await notifyWithin(trx, { topic: SUBSCRIPTIONS_TOPIC, payload: orgId });
}
