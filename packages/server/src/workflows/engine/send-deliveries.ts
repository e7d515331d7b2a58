import type { SendRequest } from "@millrace/runner";
import type { Database } from "../../db/index.ts";
import type { ClaimedDelivery, CommitUnit } from "../../events/index.ts";
import type { Destinations, WorkflowDefinitions } from "./ports.ts";
import { findRunRow, loadSteps } from "./run-rows.ts";

export interface SendDeliveriesOptions {
  db: Database;
  definitions: WorkflowDefinitions;
  destinations: Destinations;
}

/** Delivers what a run sent, once it has ended, and keeps the outcomes with the run. */
export class SendDeliveries {
  readonly #options: SendDeliveriesOptions;

  constructor(options: SendDeliveriesOptions) {
    this.#options = options;
  }

  /** @throws ApiError `unavailable` when the database is away */
  async handle(delivery: ClaimedDelivery): Promise<CommitUnit> {
    const { orgId, listenerId: workflowId } = delivery;
    const { run_id: runId } = JSON.parse(delivery.payload) as { run_id: string };
    const row = await findRunRow(this.#options.db, { orgId, workflowId, runId });
    // Outcomes that are there already: the end of this delivery was lost, the sends were not.
    if (!row || row.destinations !== null) return { claim: delivery };
    const sends = await this.#sendsOf({ orgId, runId });
    const version = await this.#options.definitions.loadVersion(orgId, row.deployment_id ?? "");
    const sender = {
      orgId,
      workflowId,
      runId,
      userId: version?.userId ?? null,
      workflowName: version?.name ?? workflowId,
    };
    const outcomes = await this.#options.destinations.deliver(
      sender,
      sends.map(({ send }) => send),
    );
    const listed = sends.map(({ send, namespace }, index) => ({
      namespace,
      kind: send.kind,
      ...asObject(outcomes[index]),
    }));
    await this.#options.db.query(
      "update workflow_runs set destinations = $4 where org_id = $1 and workflow_id = $2 and run_id = $3",
      [orgId, workflowId, runId, JSON.stringify(listed)],
    );
    return { claim: delivery };
  }

  async #sendsOf(run: { orgId: string; runId: string }): Promise<{ namespace: string; send: SendRequest }[]> {
    const rows = await loadSteps(this.#options.db, run);
    const all = rows.flatMap(({ namespace, sends }) =>
      sends === null ? [] : (JSON.parse(sends) as SendRequest[]).map((send) => ({ namespace, send })),
    );
    return all.filter(({ send }) => send.kind !== "emit" && send.kind !== "sse");
  }
}

function asObject(outcome: unknown): object {
  return typeof outcome === "object" && outcome !== null ? outcome : { outcome };
}
