import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { NodeWork } from "../../packages/server/src/daemon/index.ts";
import {
  Database,
  EmbeddedPostgres,
  ensurePartitions,
  migrate,
  NodeRegistration,
} from "../../packages/server/src/db/index.ts";
import { newKsuid } from "../../packages/server/src/core/index.ts";
import type { ClaimedDelivery, CommitUnit } from "../../packages/server/src/events/index.ts";
import { WorkCounts } from "../../packages/server/src/telemetry/index.ts";

const ORG = "o_bench";
const PAYLOAD = JSON.stringify({ text: "x".repeat(1_000) });

/** The real event path of one node on the embedded database, with a listener that does nothing. */
export class Pipeline implements AsyncDisposable {
  readonly work: NodeWork;
  readonly postmasterPid: number;
  readonly #stack: AsyncDisposableStack;
  #delivered = 0;
  #waiters: { count: number; resolve: () => void }[] = [];

  private constructor(parts: { work: NodeWork; postmasterPid: number; stack: AsyncDisposableStack }) {
    this.work = parts.work;
    this.postmasterPid = parts.postmasterPid;
    this.#stack = parts.stack;
    this.work.dispatcher.register("dc_", (delivery) => this.#handle(delivery));
  }

  static async open(): Promise<Pipeline> {
    const stack = new AsyncDisposableStack();
    const dataDir = mkdtempSync(join(process.env["BENCH_DIR"] ?? tmpdir(), "millrace-bench-"));
    stack.defer(() => rmSync(dataDir, { recursive: true, force: true }));
    const server = await EmbeddedPostgres.start({ dataDir });
    stack.defer(() => server.stop());
    await migrate(server.url);
    const db = await Database.connect({ url: server.url });
    stack.defer(() => db.close());
    await ensurePartitions(db, Date.now());
    await db.query("insert into workspaces values ($1, 'bench', 'bench', 'bench', 0)", [ORG]);
    await db.query("insert into subscriptions values ($1, 'sub_1', 'dc_*', '', 'dc_listener', 0)", [ORG]);
    const registration = await NodeRegistration.register({ db, nodeName: "bench", roles: ["worker"] });
    stack.defer(() => registration.stop());
    const limits = { total: 1_024, perListener: 512 };
    const work = new NodeWork({
      db,
      registration,
      limits,
      observer: new WorkCounts(),
      onError: (error) => console.error(error),
    });
    const pipeline = new Pipeline({ work, postmasterPid: server.pid, stack });
    await work.start();
    stack.defer(() => work.stop());
    return pipeline;
  }

  /** Appends one event of 1 KB; resolves when it is durable. */
  async append(): Promise<void> {
    await this.work.log.append([{ orgId: ORG, emitterId: "dc_emitter", channel: "", payload: PAYLOAD }]);
  }

  get delivered(): number {
    return this.#delivered;
  }

  /** Resolves when so many events have been handed to the listener, and their runs recorded. */
  async settled(count: number): Promise<void> {
    if (this.#delivered < count) await new Promise<void>((resolve) => this.#waiters.push({ count, resolve }));
    await this.work.dispatcher.idle();
  }

  async #handle(delivery: ClaimedDelivery): Promise<CommitUnit> {
    const nowMs = Date.now();
    this.#delivered++;
    if (this.#waiters.length > 0) this.#wake();
    return {
      claim: delivery,
      sourceRun: {
        ...{ orgId: ORG, sourceId: "dc_listener", runId: newKsuid(nowMs), deploymentId: "d_bench", cause: "event" },
        ...{ status: "success", attempt: 1, trigger: delivery, emitCount: 0, logs: null, error: null },
        ...{ startedAtMs: nowMs, endedAtMs: nowMs },
      },
      usage: { orgId: ORG, kind: "source", credits: 1, computeMs: 1, endedAtMs: nowMs },
    };
  }

  #wake(): void {
    const ready = this.#waiters.filter(({ count }) => count <= this.#delivered);
    this.#waiters = this.#waiters.filter((waiter) => !ready.includes(waiter));
    for (const { resolve } of ready) resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync();
  }
}
