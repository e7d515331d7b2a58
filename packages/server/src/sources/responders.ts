import type { HttpResponse } from "@millrace/runner";
import type { Database } from "../db/index.ts";

/** How a request that waits for its component's own answer ends. */
export type ResponderOutcome =
  | { readonly kind: "response"; readonly response: HttpResponse }
  /** The run ended without a response. */
  | { readonly kind: "ended" }
  | { readonly kind: "timeout" }
  /** A workflow paused before it responded: it will go on without the caller. */
  | { readonly kind: "paused" }
  /** The run's process died. */
  | { readonly kind: "failed" };

export interface Waiter {
  readonly outcome: Promise<ResponderOutcome>;
  /** Gives the wait up. */
  cancel(): void;
}

interface Waiting {
  readonly orgId: string;
  settle(outcome: ResponderOutcome): void;
}

const TOPIC = "endpoint_responses";
const STALE_AFTER_MS = 15 * 60_000;

/**
 * Brings a component's answer to the node that holds the caller's socket. Mostly that is this node; else the answer
 * goes through the database.
 */
export class Responders {
  readonly #db: Database;
  readonly #waiting = new Map<string, Waiting>();
  #stopListening: (() => void) | null = null;

  constructor(options: { db: Database }) {
    this.#db = options.db;
  }

  start(): void {
    this.#stopListening = this.#db.listen(TOPIC, (hint) => {
      const emitIds = hint.type === "message" ? [String(hint.payload)] : [...this.#waiting.keys()];
      const ours = emitIds.filter((emitId) => this.#waiting.has(emitId));
      // The wait ends at its deadline when this fails.
      if (ours.length > 0) this.#collect(ours).catch(() => {});
    });
  }

  stop(): void {
    this.#stopListening?.();
    this.#stopListening = null;
  }

  /** Registers the wait for an event that is about to be appended. */
  expect({ orgId, emitId, timeoutMs }: { orgId: string; emitId: string; timeoutMs: number }): Waiter {
    const { promise, resolve } = Promise.withResolvers<ResponderOutcome>();
    const settle = (outcome: ResponderOutcome) => {
      clearTimeout(timer);
      this.#waiting.delete(emitId);
      resolve(outcome);
    };
    const timer = setTimeout(settle, timeoutMs, { kind: "timeout" });
    timer.unref();
    this.#waiting.set(emitId, { orgId, settle });
    return { outcome: promise, cancel: () => settle({ kind: "ended" }) };
  }

  /** Settles the wait for an event, wherever it is; the first outcome counts. */
  async settle(event: { orgId: string; emitId: string }, outcome: ResponderOutcome): Promise<void> {
    if (!this.settleHere(event.emitId, outcome)) await this.#pass(event, outcome);
  }

  /** Settles the wait for an event when this node holds it. */
  settleHere(emitId: string, outcome: ResponderOutcome): boolean {
    const waiting = this.#waiting.get(emitId);
    waiting?.settle(outcome);
    return waiting !== undefined;
  }

  async #pass({ orgId, emitId }: { orgId: string; emitId: string }, outcome: ResponderOutcome): Promise<void> {
    const nowMs = Date.now();
    await this.#db.kysely
      .deleteFrom("endpoint_responses")
      .where("created_at_ms", "<", nowMs - STALE_AFTER_MS)
      .execute();
    await this.#db.kysely
      .insertInto("endpoint_responses")
      .values({ org_id: orgId, emit_id: emitId, outcome: JSON.stringify(outcome), created_at_ms: nowMs })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    await this.#db.notify(TOPIC, emitId);
  }

  async #collect(emitIds: string[]): Promise<void> {
    const orgIds = emitIds.map((emitId) => this.#waiting.get(emitId)?.orgId ?? "");
    const rows = await this.#db.kysely
      .deleteFrom("endpoint_responses")
      .where("org_id", "in", orgIds)
      .where("emit_id", "in", emitIds)
      .returning(["emit_id", "outcome"])
      .execute();
    for (const row of rows) this.#waiting.get(row.emit_id)?.settle(JSON.parse(row.outcome) as ResponderOutcome);
  }
}
