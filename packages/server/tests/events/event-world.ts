import { sql } from "kysely";
import type { CommitUnit, EventDraft } from "../../src/events/index.ts";
import { SubscriptionCache, Subscriptions } from "../../src/events/index.ts";
import { putLane, type LaneSettings } from "../../src/workflows/index.ts";
import { NodeRegistration, type Database } from "../../src/db/index.ts";
import type { ClaimedDelivery } from "../../src/queue/index.ts";
import { NodeWork } from "../../src/daemon/index.ts";
import { testDatabase } from "../../testing/index.ts";

export const ORG = "o_test1";

export interface WorldNode extends AsyncDisposable {
  work: NodeWork;
  /** What was handed to the listeners here, in order. */
  seen: ClaimedDelivery[];
  /** Replaces what listeners do; by default they succeed at once. */
  respondWith(handler: (delivery: ClaimedDelivery) => Promise<CommitUnit>): void;
  /** As if the process were gone: nothing is given back, nothing more is written. */
  crash(): Promise<void>;
}

export interface NodeOptions {
  slots?: { total: number; perListener: number };
  isStarted?: boolean;
  onQueueFull?: (queue: { listenerId: string }) => void;
}

/** A database with a workspace, and nodes that share it. */
export class EventWorld implements AsyncDisposable {
  readonly db: Database;
  readonly url: string;
  readonly #close: () => PromiseLike<void>;
  readonly #nodes: WorldNode[] = [];

  private constructor(fixture: Awaited<ReturnType<typeof testDatabase>>) {
    this.db = fixture.db;
    this.url = fixture.url;
    this.#close = () => fixture[Symbol.asyncDispose]();
  }

  static async open(): Promise<EventWorld> {
    const world = new EventWorld(await testDatabase());
    await world.addWorkspace(ORG);
    return world;
  }

  async addWorkspace(orgId: string): Promise<void> {
    await this.db.query("insert into workspaces values ($1, $1, $1, $1, 0)", [orgId]);
  }

  async addSource(sourceId: string, orgId = ORG): Promise<void> {
    await this.db.query(
      `insert into components (org_id, component_id, name, kind, code, code_hash, bundle, definition, created_at_ms, updated_at_ms)
       values ($1, $2, 'x', 'source', '', $2, '', '{}', 0, 0)`,
      [orgId, sourceId.replace("dc_", "sc_")],
    );
    await this.db.query(
      `insert into sources (org_id, source_id, component_id, name, name_slug, state, deployment_id, configured_props, created_at_ms, updated_at_ms)
       values ($1, $2, $3, $2, $2, 'active', 'd_1', '{}', 0, 0)`,
      [orgId, sourceId, sourceId.replace("dc_", "sc_")],
    );
  }

  async addWebhook(webhookId: string, orgId = ORG): Promise<void> {
    await this.db.query(
      `insert into webhooks (org_id, webhook_id, url, vault_key_id, sealed_signing_key, created_at_ms, updated_at_ms)
       values ($1, $2, 'http://127.0.0.1:9/', '', '', 0, 0)`,
      [orgId, webhookId],
    );
  }

  /** A workflow, as far as deliveries know it; again: with other limits. */
  async addWorkflow(workflowId: string, settings: Partial<LaneSettings> = {}): Promise<void> {
    const subscriptions = new Subscriptions({ db: this.db, cache: new SubscriptionCache(this.db) });
    await this.db.transaction(async (trx) => {
      await sql`insert into workflows (org_id, workflow_id, name, deployment_id, created_at_ms, updated_at_ms)
        values (${ORG}, ${workflowId}, 'x', 'd_1', 0, 0) on conflict do nothing`.execute(trx);
      const limits = { concurrency: null, throttle: null, queueSize: 10_000, ...settings };
      await putLane(trx, { orgId: ORG, workflowId }, { settings: limits, subscriptions });
    });
  }

  /** Subscribes by way of a node, as its API would. */
  subscribe(node: WorldNode, emitterId: string, listenerId: string, channel = ""): Promise<unknown> {
    const subscriptions = new Subscriptions({ db: this.db, cache: node.work.subscriptions });
    return subscriptions.create([ORG], { emitterId, channel, listenerId });
  }

  async node(name: string, options: NodeOptions = {}): Promise<WorldNode> {
    const registration = await NodeRegistration.register({ db: this.db, nodeName: name, roles: ["worker"] });
    const seen: ClaimedDelivery[] = [];
    let respond = async (delivery: ClaimedDelivery): Promise<CommitUnit> => ({ claim: delivery });
    const work = new NodeWork({
      db: this.db,
      registration,
      limits: options.slots ?? { total: 256, perListener: 64 },
      faultPolicy: { delaysMs: [30], jitterRatio: 0 },
      onError: () => {},
      drainMs: 100,
      ...(options.onQueueFull && { onQueueFull: options.onQueueFull }),
    });
    for (const prefix of ["wh_", "dc_", "p_"] as const) {
      work.dispatcher.register(prefix, (delivery) => {
        seen.push(delivery);
        return respond(delivery);
      });
    }
    if (options.isStarted !== false) await work.start();
    let isGone = false;
    const stop = async (): Promise<void> => {
      if (isGone) return;
      isGone = true;
      await work.stop();
      await registration.stop();
    };
    const node: WorldNode = {
      work,
      seen,
      respondWith: (handler) => (respond = handler),
      async crash() {
        isGone = true;
        // What is in flight never gets an answer, so nothing of it is written.
        respond = () => new Promise(() => {});
        await work.abandon();
      },
      [Symbol.asyncDispose]: stop,
    };
    this.#nodes.push(node);
    return node;
  }

  async count(table: string): Promise<number> {
    const { rows } = await this.db.query<{ count: number }>(`select count(*) as count from ${table}`);
    return rows[0]?.count ?? 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#nodes.map((node) => node[Symbol.asyncDispose]()));
    await this.#close();
  }
}

export function draft(emitterId: string, payload: unknown = {}, more: Partial<EventDraft> = {}): EventDraft {
  return { orgId: ORG, emitterId, channel: "", payload: JSON.stringify(payload), ...more };
}

/** Waits until something holds, looking whenever the event loop has turned. */
export async function until(condition: () => boolean | Promise<boolean>, timeoutMs = 10_000): Promise<void> {
  const deadlineMs = Date.now() + timeoutMs;
  while (!(await condition())) {
    if (Date.now() > deadlineMs) throw new Error("It did not come to pass in time");
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
